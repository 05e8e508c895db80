{{- define "pyroscope-mcp.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "pyroscope-mcp.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "pyroscope-mcp.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{ include "pyroscope-mcp.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "pyroscope-mcp.secret" -}}
{{- .Values.secrets.existing | default (include "pyroscope-mcp.name" .) }}
{{- end }}

{{- /* Without rights: no user of the node, no capability, no new privilege, nothing that can be written. */}}
{{- define "pyroscope-mcp.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: { drop: [ALL] }
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- /* Refuses values with which the server would not start, in words that say what to set. */}}
{{- define "pyroscope-mcp.check" -}}
{{- if not .Values.hosts }}{{ fail "hosts is empty: name the hosts under which clients reach the server." }}{{ end }}
{{- if not (or .Values.grafana.url .Values.pyroscope.url .Values.env.PROFILES_DIR .Values.env.PYROSCOPE_MCP_CONFIG) }}{{ fail "There is no source of profiles: set grafana.url or pyroscope.url." }}{{ end }}
{{- if and .Values.grafana.url (not .Values.grafana.enabledSources) }}{{ fail "grafana.enabledSources is empty: name the uids of the data sources that may be queried." }}{{ end }}
{{- if and (not .Values.secrets.existing) (not .Values.secrets.tokens) (not .Values.env.PYROSCOPE_MCP_OAUTH_ISSUER) (not .Values.env.PYROSCOPE_MCP_ALLOW_UNAUTHENTICATED) }}{{ fail "Callers could not be told apart: set secrets.existing, secrets.tokens, or sign-in (env.PYROSCOPE_MCP_OAUTH_ISSUER)." }}{{ end }}
{{- if and .Values.redis.enabled .Values.redis.url }}{{ fail "redis.enabled and redis.url name two caches: set one." }}{{ end }}
{{- if and .Values.redis.enabled (not .Values.networkPolicy.enabled) }}{{ fail "redis.enabled needs networkPolicy.enabled: the Redis has no password." }}{{ end }}
{{- end }}
