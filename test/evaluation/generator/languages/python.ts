import { chain } from '../frame.js';
import type { Language, Project } from './language.js';

const SITE = '/usr/local/lib/python3.12/site-packages';
/** Some profilers cut the working directory off. */
const ROOTS = ['/app/', '/srv/service/src/', ''];
const chooseFolder = ({ variant, domain }: Project) => `${ROOTS[variant % ROOTS.length]}${domain}_service`;

/** Names as py-spy gives them: bare function names, so that only the file tells them apart. */
export const python: Language = {
  name: 'python',
  entries: [
    chain(`_bootstrap @ /usr/local/lib/python3.12/threading.py:1014
      _worker @ /usr/local/lib/python3.12/concurrent/futures/thread.py:69
      handle @ ${SITE}/gunicorn/workers/gthread.py:271
      wsgi_app @ ${SITE}/flask/app.py:1479
      full_dispatch_request @ ${SITE}/flask/app.py:904`),
    chain(`run_app @ ${SITE}/uvicorn/protocols/http/httptools_impl.py:399
      __call__ @ ${SITE}/fastapi/applications.py:1051
      run_endpoint_function @ ${SITE}/fastapi/routing.py:204`),
  ],
  middleware: (project) => [
    chain(`trace_wrapper @ ${SITE}/opentelemetry/instrumentation/wsgi/__init__.py:620`),
    chain(`request_context @ ${chooseFolder(project)}/middleware.py:18`),
    chain(`timed_view @ ${chooseFolder(project)}/decorators.py:9`),
    chain(`inner @ ${SITE}/sentry_sdk/integrations/flask.py:102`),
  ],
  app: (project, { area, noun, verb, startLine }) => ({
    name: `${verb}_${area}_${noun.toLowerCase()}`,
    file: `${chooseFolder(project)}/${area}/${noun.toLowerCase()}.py`,
    startLine,
    isSymbolised: true,
  }),
  renamed: (fn) => ({ ...fn, name: `${fn.name}_batch`, startLine: fn.startLine + 21 }),
  libraries: [
    chain(`dumps @ /usr/local/lib/python3.12/json/__init__.py:183
      encode @ /usr/local/lib/python3.12/json/encoder.py:183
      iterencode @ /usr/local/lib/python3.12/json/encoder.py:205`),
    chain(`loads @ /usr/local/lib/python3.12/json/__init__.py:299
      raw_decode @ /usr/local/lib/python3.12/json/decoder.py:344`),
    chain(`compile @ /usr/local/lib/python3.12/re/__init__.py:226
      _compile @ /usr/local/lib/python3.12/re/__init__.py:280
      parse @ /usr/local/lib/python3.12/re/_parser.py:969
      _parse_sub @ /usr/local/lib/python3.12/re/_parser.py:452
      _parse @ /usr/local/lib/python3.12/re/_parser.py:512`),
    chain(`deepcopy @ /usr/local/lib/python3.12/copy.py:118
      _deepcopy_dict @ /usr/local/lib/python3.12/copy.py:217
      deepcopy @ /usr/local/lib/python3.12/copy.py:118
      _deepcopy_list @ /usr/local/lib/python3.12/copy.py:191`),
    chain(`execute @ ${SITE}/sqlalchemy/orm/session.py:2360
      _compile_context @ ${SITE}/sqlalchemy/orm/context.py:1121
      do_execute @ ${SITE}/sqlalchemy/engine/default.py:941`),
    chain(`model_validate @ ${SITE}/pydantic/main.py:627`),
    chain(`render @ ${SITE}/jinja2/environment.py:1269
      root @ ${SITE}/jinja2/runtime.py:308`),
    chain(`pbkdf2_hmac @ /usr/local/lib/python3.12/hashlib.py:240`),
  ],
  leaves: [
    chain(`now @ /usr/local/lib/python3.12/datetime.py:1815`),
    chain(`__getattr__ @ ${SITE}/werkzeug/local.py:311`),
    chain(`quantize @ /usr/local/lib/python3.12/_pydecimal.py:2601`),
  ],
  background: [
    chain(`_bootstrap @ /usr/local/lib/python3.12/threading.py:1014
      run @ ${SITE}/opentelemetry/sdk/trace/export/__init__.py:288
      serialize @ ${SITE}/opentelemetry/exporter/otlp/proto/common/trace_encoder.py:31`),
    chain(`_bootstrap @ /usr/local/lib/python3.12/threading.py:1014
      collect @ ${SITE}/prometheus_client/registry.py:97`),
    chain(`init_process @ ${SITE}/gunicorn/workers/base.py:86
      notify @ ${SITE}/gunicorn/workers/workertmp.py:47`),
  ],
  collector: [],
  warmup: [
    chain(`_find_and_load @ <frozen importlib._bootstrap>:1349
      exec_module @ <frozen importlib._bootstrap_external>:989
      get_code @ <frozen importlib._bootstrap_external>:1062`),
  ],
  idle: [],
};
