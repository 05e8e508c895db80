import { chain } from '../frame.js';
import { capitalised, type Language, type Project } from './language.js';

const ORGANISATIONS = ['com/northwind', 'dev/fjordline', 'no/harbour/retail'];
const namePackage = ({ variant, domain }: Project) =>
  `${ORGANISATIONS[variant % ORGANISATIONS.length]}/${domain}`;
/** Profiles from JFR mostly come without files; async-profiler's own format has them. */
const nameFile = ({ variant }: Project, type: string) => (variant % 2 === 0 ? `${type}.java` : '');

const POOL = `java/lang/Thread.run @ Thread.java:1583
  java/util/concurrent/ThreadPoolExecutor$Worker.run @ ThreadPoolExecutor.java:641
  java/util/concurrent/ThreadPoolExecutor.runWorker @ ThreadPoolExecutor.java:1123`;

/** Names as async-profiler writes them: slashes in packages, native code of the VM without a file. */
export const java: Language = {
  name: 'java',
  entries: [
    chain(`${POOL}
      org/apache/tomcat/util/net/SocketProcessorBase.run @ SocketProcessorBase.java:52
      org/apache/coyote/http11/Http11Processor.service @ Http11Processor.java:279
      org/springframework/web/servlet/DispatcherServlet.doDispatch @ DispatcherServlet.java:1035`),
    chain(`java/lang/Thread.run @ Thread.java:1583
      io/netty/util/concurrent/SingleThreadEventExecutor$4.run @ SingleThreadEventExecutor.java:994
      io/netty/channel/AbstractChannelHandlerContext.invokeChannelRead @ AbstractChannelHandlerContext.java:420`),
  ],
  middleware: (project) => [
    chain(
      'org/springframework/security/web/FilterChainProxy$VirtualFilterChain.doFilter @ FilterChainProxy.java:365',
    ),
    chain(`${namePackage(project)}/web/RequestLoggingFilter.doFilter @ ${nameFile(project, 'RequestLoggingFilter')}:31
      org/apache/catalina/core/ApplicationFilterChain.internalDoFilter @ ApplicationFilterChain.java:174`),
    chain(`${namePackage(project)}/web/TenantFilter.doFilter @ ${nameFile(project, 'TenantFilter')}:22
      org/apache/catalina/core/ApplicationFilterChain.internalDoFilter @ ApplicationFilterChain.java:174`),
    chain(`org/springframework/cglib/proxy/MethodProxy.invoke @ MethodProxy.java:218
      jdk/internal/reflect/DirectMethodHandleAccessor.invoke @ DirectMethodHandleAccessor.java:101`),
  ],
  app: (project, { area, noun, verb, startLine }) => {
    const types = [
      `${capitalised(area)}${noun}Service`,
      `${noun}${capitalised(area)}Mapper`,
      `${noun}Repository`,
    ];
    const type = types[startLine % types.length] ?? 'Service';
    return {
      name: `${namePackage(project)}/${area}/${type}.${verb}${noun}`,
      file: nameFile(project, type),
      startLine,
      isSymbolised: true,
    };
  },
  renamed: (fn) => ({ ...fn, name: `${fn.name}Batch`, startLine: fn.startLine + 44 }),
  libraries: [
    chain(`com/fasterxml/jackson/databind/ObjectMapper.writeValueAsBytes @ ObjectMapper.java:4163
      com/fasterxml/jackson/databind/ser/BeanSerializer.serialize @ BeanSerializer.java:171
      com/fasterxml/jackson/databind/ser/BeanSerializer.serialize @ BeanSerializer.java:171
      com/fasterxml/jackson/core/json/UTF8JsonGenerator.writeString @ UTF8JsonGenerator.java:507`),
    chain(`com/fasterxml/jackson/databind/ObjectMapper.readValue @ ObjectMapper.java:3892
      com/fasterxml/jackson/databind/deser/BeanDeserializer.deserialize @ BeanDeserializer.java:163`),
    chain(`java/util/regex/Pattern.compile @ Pattern.java:1101
      java/util/regex/Pattern.<init> @ Pattern.java:1555
      java/util/regex/Pattern.expr @ Pattern.java:2150
      java/util/regex/Pattern.sequence @ Pattern.java:2236`),
    chain(`java/util/stream/ReferencePipeline.collect @ ReferencePipeline.java:681
      java/util/ArrayList$ArrayListSpliterator.forEachRemaining @ ArrayList.java:1708
      java/util/HashMap.putVal @ HashMap.java:631`),
    chain(`java/lang/String.format @ String.java:4450
      java/util/Formatter.format @ Formatter.java:2741
      java/util/Formatter.parse @ Formatter.java:2824`),
    chain(`org/hibernate/query/spi/AbstractSelectionQuery.list @ AbstractSelectionQuery.java:139
      org/postgresql/jdbc/PgPreparedStatement.executeQuery @ PgPreparedStatement.java:135
      org/postgresql/core/v3/QueryExecutorImpl.execute @ QueryExecutorImpl.java:355`),
    chain(`java/security/MessageDigest.digest @ MessageDigest.java:426
      sun/security/provider/SHA2.implCompress0 @ SHA2.java:192`),
  ],
  leaves: [
    chain('java/util/HashMap.getNode @ HashMap.java:576'),
    chain('java/lang/StringBuilder.append @ StringBuilder.java:179'),
    chain('java/math/BigDecimal.divide @ BigDecimal.java:1610'),
  ],
  background: [
    chain(`libjvm.so.JavaThread::thread_main_inner
      CompileBroker::compiler_thread_loop`),
    chain(`${POOL}
      io/micrometer/core/instrument/push/PushMeterRegistry.publishSafely @ PushMeterRegistry.java:67`),
    chain(`java/lang/Thread.run @ Thread.java:1583
      java/util/TimerThread.mainLoop @ Timer.java:537`),
  ],
  collector: [
    chain(`GangWorker::loop
      G1ParTask::work
      G1ParEvacuateFollowersClosure::do_void
      G1ParScanThreadState::copy_to_survivor_space`),
    chain(`ConcurrentGCThread::run
      G1ConcurrentMark::mark_from_roots
      G1CMTask::do_marking_step`),
  ],
  warmup: [
    chain(`CompileBroker::invoke_compiler_on_method
      C2Compiler::compile_method
      Compile::Optimize`),
    chain(`java/lang/ClassLoader.loadClass @ ClassLoader.java:593
      java/lang/ClassLoader.defineClass1 @ ClassLoader.java:1020`),
  ],
  idle: [
    chain(`${POOL}
      java/util/concurrent/LinkedBlockingQueue.take @ LinkedBlockingQueue.java:435
      java/util/concurrent/locks/LockSupport.park @ LockSupport.java:371
      jdk/internal/misc/Unsafe.park`),
    chain(`java/lang/Thread.run @ Thread.java:1583
      sun/nio/ch/EPollSelectorImpl.doSelect @ EPollSelectorImpl.java:102
      sun/nio/ch/EPoll.wait`),
  ],
};
