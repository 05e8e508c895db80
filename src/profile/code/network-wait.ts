import type { FunctionInfo } from '../model.js';

interface WaitFrame {
  name: RegExp;
  /** File that the frame must have, where a team may use the name itself. */
  file?: RegExp;
}

/**
 * Frames in which a thread waits for another program over a connection, by runtime. Waiting for new
 * connections is idle time (`idle.ts`) and none of them. The names are those of the standard libraries, as
 * their profilers write them (fixtures, `reference` of each runtime).
 */
const WAIT_FRAMES: readonly WaitFrame[] = [
  // The JVM: sockets of java.net, channels, and its own C functions.
  {
    name: /^sun[./]nio[./]ch[./](?:NioSocketImpl[./](?:park|read|implRead|timedRead|tryRead|connect|timedFinishConnect)|Net[./](?:poll|connect0?|pollConnect(?:Now)?)|(?:Socket|Unix)Dispatcher[./]read\d*|SocketChannelImpl[./](?:read|blockingRead|implTimedRead|connect|finishConnect))$/,
  },
  {
    name: /^java[./]net[./](?:Socket(?:\$SocketInputStream|InputStream)[./](?:socketRead0?|read)|(?:Abstract)?PlainSocketImpl[./](?:socketConnect|doConnect)|Socket[./]connect)$/,
  },
  {
    name: /^(?:lib\w+\.so\.)?(?:NET_(?:Read\w*|Timeout\w*|Connect)|Java_(?:java_net|sun_nio_ch)_\w*(?:[rR]ead|[pP]oll|[cC]onnect)\w*)$/,
  },
  // C and the kernel.
  {
    name: /^(?:lib\w+(?:-[\d.]+)?\.so(?:\.\d+)*[.!])?(?:__(?:GI_+)?(?:libc_)?)?(?:recv(?:from|msg)?|connect)(?:[@.].*)?$/,
    file: /^$|\.[chsS]$/,
  },
  { name: /^(?:tcp_recvmsg(?:_locked)?|inet6?_recvmsg|sock_recvmsg|sk_wait_data|__sys_recvfrom)$/ },
  // Python.
  {
    name: /^(?:recv|recv_into|readinto|read|connect|do_handshake|create_connection)$/,
    file: /(?:^|\/)(?:socket|ssl)\.py$/,
  },
  // Ruby, with its classes or as rbspy writes C functions.
  {
    name: /^(?:BasicSocket|Socket|TCPSocket|IPSocket|UNIXSocket|OpenSSL::(?:SSL::SSLSocket|Buffering))#(?:\w*read\w*|_*recv\w*|connect\w*)$/,
  },
  { name: /^rbuf_fill$|#rbuf_fill$/, file: /(?:^|\/)net\/protocol\.rb$/ },
  // .NET.
  { name: /^System\.Net\.Sockets[.!](?:.*\.)?\w*(?:Receive|Connect)\w*$|[.+!]Sys\.(?:Receive\w*|Connect)$/ },
  // PHP's functions for other programs.
  {
    name: /^(?:curl_exec|curl_multi_select|mysqli_query|mysqli::query|PDO::(?:query|exec)|PDOStatement::execute|fsockopen|stream_socket_client)$/,
  },
];

/** Whether a thread in this frame waits for another program to answer over a connection. */
export function isNetworkWait({ name, file }: Pick<FunctionInfo, 'name' | 'file'>): boolean {
  return WAIT_FRAMES.some((frame) => frame.name.test(name) && (frame.file?.test(file) ?? true));
}
