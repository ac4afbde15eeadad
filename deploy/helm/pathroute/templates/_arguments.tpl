{{- /* SPDX-License-Identifier: Apache-2.0 */}}
{{- /* An option, unless its value is null or "": (list "mss" .Values.agent.mss). A number comes as a
floating point one. */}}
{{- define "pathroute.option" -}}
{{- $name := index . 0 }}
{{- $value := index . 1 }}
{{- if not (or (kindIs "invalid" $value) (eq (toString $value) "")) }}
{{- $text := ternary (toString (int64 $value)) (toString $value) (kindIs "float64" $value) }}
- {{ printf "--%s=%s" $name $text | toJson }}
{{- end }}
{{- end }}

{{- define "pathroute.arguments" -}}
- --node-name=$(NODE_NAME)
- --lease-namespace=$(POD_NAMESPACE)
# Asked for how many nodes there are, and whether it is being deleted.
- --daemonset={{ include "pathroute.agent" . }}
{{- $agent := .Values.agent }}
{{- include "pathroute.option" (list "class" .Values.class) }}
{{- include "pathroute.option" (list "zone" .Values.zone) }}
{{- include "pathroute.option" (list "namespace" .Values.watchNamespace) }}
{{- range .Values.devices }}
{{- include "pathroute.option" (list "device" .) }}
{{- end }}
{{- range .Values.uplinks }}
{{- include "pathroute.option" (list "uplink" .) }}
{{- end }}
{{- include "pathroute.option" (list "http-listen" (printf "%s:%v" .Values.http.address .Values.http.port)) }}
{{- include "pathroute.option" (list "attach" $agent.attach) }}
{{- include "pathroute.option" (list "delivery" $agent.delivery) }}
{{- include "pathroute.option" (list "own-requests" (ternary "on" "off" $agent.ownRequests)) }}
{{- range $agent.xdp }}
{{- include "pathroute.option" (list "xdp" .) }}
{{- end }}
{{- include "pathroute.option" (list "bpffs" $agent.bpffs) }}
{{- include "pathroute.option" (list "log-level" $agent.logLevel) }}
{{- include "pathroute.option" (list "nat-ports" $agent.natPorts) }}
{{- include "pathroute.option" (list "mss" $agent.mss) }}
{{- include "pathroute.option" (list "max-flows" $agent.tables.flows) }}
{{- include "pathroute.option" (list "max-rules" $agent.tables.rules) }}
{{- include "pathroute.option" (list "max-endpoints" $agent.tables.endpoints) }}
{{- include "pathroute.option" (list "holds-large" $agent.tables.holdsLarge) }}
{{- include "pathroute.option" (list "source-cap" $agent.tables.sourceCap) }}
{{- include "pathroute.option" (list "head-timeout" $agent.timeouts.head) }}
{{- include "pathroute.option" (list "idle-timeout" $agent.timeouts.idle) }}
{{- if .Values.accessLog.enabled }}
- --access-log=-
{{- include "pathroute.option" (list "access-log-format" .Values.accessLog.format) }}
{{- include "pathroute.option" (list "access-log-sample" .Values.accessLog.sample) }}
{{- end }}
{{- with $agent.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end }}
