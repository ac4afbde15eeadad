{{- /* SPDX-License-Identifier: Apache-2.0 */}}
{{- define "pathroute.tls" -}}
{{ include "pathroute.fullname" . }}-tls
{{- end }}

{{- /* Other ones than the agent's: what belongs to its DaemonSet is found by those. */}}
{{- define "pathroute.tlsSelector" -}}
app.kubernetes.io/name: {{ include "pathroute.name" . }}-tls
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "pathroute.tlsLabels" -}}
{{ include "pathroute.tlsSelector" . }}
{{ include "pathroute.commonLabels" . }}
{{- end }}

{{- /* To use its client's address stunnel must be root with one capability; else it has none. */}}
{{- define "pathroute.tlsRights" -}}
{{- $keep := .Values.tls.keepClientAddress -}}
runAsUser: {{ ternary 0 65534 $keep }}
runAsGroup: 65534
runAsNonRoot: {{ not $keep }}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
  {{- if $keep }}
  add: [NET_ADMIN]
  {{- end }}
{{- end }}

{{- define "pathroute.stunnel" -}}
{{- $tls := .Values.tls -}}
foreground = yes
pid =
syslog = no
debug = {{ $tls.logLevel }}
sslVersionMin = {{ $tls.minVersion }}
[https]
accept = {{ ternary ":::8443" "0.0.0.0:8443" (has "IPv6" $tls.ipFamilies) }}
connect = {{ $tls.connect }}
cert = /etc/pathroute-certificate/tls.crt
key = /etc/pathroute-certificate/tls.key
{{- if $tls.keepClientAddress }}
transparent = source
{{- end }}
{{- with $tls.extraConfig }}
{{ . | trim }}
{{- end }}
{{- end }}
