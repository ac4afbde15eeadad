{{- /* SPDX-License-Identifier: Apache-2.0 */}}
{{- define "pathroute.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- /* The release's name, and the chart's unless that is in it. */}}
{{- define "pathroute.fullname" -}}
{{- $name := include "pathroute.name" . }}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- default $full .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "pathroute.agent" -}}
{{ include "pathroute.fullname" . }}-agent
{{- end }}

{{- define "pathroute.serviceAccount" -}}
{{- default (include "pathroute.agent" .) .Values.serviceAccount.name }}
{{- end }}

{{- define "pathroute.selector" -}}
app.kubernetes.io/name: {{ include "pathroute.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "pathroute.labels" -}}
{{ include "pathroute.selector" . }}
{{ include "pathroute.commonLabels" . }}
{{- end }}

{{- define "pathroute.commonLabels" -}}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "pathroute.image" -}}
{{ include "pathroute.imageOf" (list .Values.image .Chart.AppVersion) }}
{{- end }}

{{- /* Of (list IMAGE VERSION). */}}
{{- define "pathroute.imageOf" -}}
{{- $image := index . 0 }}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ default (index . 1) $image.tag }}
{{- end }}
{{- end }}

{{- /* "true" if only this node itself reaches the agent's HTTP server. */}}
{{- define "pathroute.isLoopback" -}}
{{- if regexMatch "^(127\\.|\\[::1\\]$)" .Values.http.address }}true{{ end }}
{{- end }}

{{- /* A probe of a path; the kubelet's default is the pod's address, here the node's. */}}
{{- define "pathroute.httpGet" -}}
{{- $where := list (printf "port: %v" .root.Values.http.port) (printf "path: %s" .path) }}
{{- if include "pathroute.isLoopback" .root }}
{{- $where = prepend $where (printf "host: %s" (.root.Values.http.address | trimAll "[]" | quote)) }}
{{- end -}}
{{ printf "{%s}" (join ", " $where) }}
{{- end }}
