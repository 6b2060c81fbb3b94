#!/usr/bin/env bash
# The complete workflow of requirement 004, with curl: deploy, poll, outputs, state, infrastructure, destroy.
# Usage: URL=http://… TOKEN=slp_… workflow.sh
set -euo pipefail

ask() {
    local method=$1 path=$2
    shift 2
    curl --silent --show-error --fail-with-body --max-time 60 -X "$method" -H "Authorization: Bearer $TOKEN" "$@" "$URL$path"
}

# The value of one field of a JSON document on standard input: field jobId, field result.outputs.url
field() { python3 -c 'import json, sys
value = json.load(sys.stdin)
for name in sys.argv[1].split("."): value = value[name]
print(value if isinstance(value, str) else json.dumps(value))' "$1"; }

expect() { # what, wanted, found
    [ "$2" = "$3" ] || { echo "$1: wanted '$2', found '$3'" >&2; exit 1; }
    echo "$1: $3"
}

wait_for() { # job: polls until it is over, and leaves its last status in $status
    local word
    for _ in $(seq 1 600); do
        status=$(ask GET "/api/deploy/status/$1")
        word=$(field status <<<"$status")
        case $word in
            completed | failed) return ;;
            pending | processing) ;;
            *) expect "a status" "one of four" "$word" ;;
        esac
        sleep 0.1
    done
    expect "the job $1" "an end" "none"
}

code=$(cat <<'HCL'
variable "word" { default = "hello" }
resource "terraform_data" "gateway" { input = "https://${var.word}.example.com/prod" }
resource "terraform_data" "bucket" {
  count = 2
  input = "bucket-${count.index}"
}
output "api_gateway_url" { value = terraform_data.gateway.output }
output "database_password" {
  value     = "very-hidden-${var.word}"
  sensitive = true
}
HCL
)
body() { python3 -c 'import json, sys; print(json.dumps({"projectId": sys.argv[1], "iacCode": sys.argv[2]}))' "$@"; }
json=(-H 'Content-Type: application/json')

expect "before" not_deployed "$(ask GET /api/deploy/infrastructure/project-123 | field deploymentStatus)"

accepted=$(body project-123 "$code" | ask POST /api/deploy "${json[@]}" -H 'Idempotency-Key: workflow-1' --data-binary @-)
expect "deploy" accepted "$(field status <<<"$accepted")"
job=$(field jobId <<<"$accepted")
again=$(body project-123 "$code" | ask POST /api/deploy "${json[@]}" -H 'Idempotency-Key: workflow-1' --data-binary @-)
expect "the same request again" "$job" "$(field jobId <<<"$again")"

wait_for "$job"
expect "status" completed "$(field status <<<"$status")"
expect "progress" 100 "$(field progress <<<"$status")"
expect "message" "Infrastructure deployed successfully" "$(field result.message <<<"$status")"
expect "output in the status" https://hello.example.com/prod "$(field result.outputs.api_gateway_url <<<"$status")"
expect "end" Z "$(field endTime <<<"$status" | tail -c 2)"
if grep -q very-hidden <<<"$status"; then expect "the status" "no secret" "one"; fi

expect "outputs" https://hello.example.com/prod "$(ask GET /api/deploy/outputs/project-123 | field outputs.api_gateway_url)"
expect "hidden output" null "$(ask GET /api/deploy/outputs/project-123 | field outputs.database_password)"
expect "revealed output" very-hidden-hello "$(ask GET '/api/deploy/outputs/project-123?sensitive=true' | field outputs.database_password)"
expect "state" 4 "$(ask GET /api/deploy/state/project-123 | field state.version)"
expect "infrastructure" deployed "$(ask GET /api/deploy/infrastructure/project-123 | field deploymentStatus)"
expect "infrastructure's job" "$job" "$(ask GET /api/deploy/infrastructure/project-123 | field deploymentJobId)"
expect "infrastructure's state" 4 "$(ask GET /api/deploy/infrastructure/project-123 | field terraformState.version)"
expect "validate" true "$(ask GET /api/deploy/validate/project-123 | field valid)"

# The same code as an archive, with a change.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/infra"
printf '%s\n' "${code//hello/changed}" >"$folder/infra/main.tf"
tar -czf "$folder/infra.tar.gz" -C "$folder" infra
archived=$(ask POST '/api/deploy?projectId=project-123' -H 'Content-Type: application/gzip' --data-binary "@$folder/infra.tar.gz" | field jobId)
wait_for "$archived"
expect "archive" completed "$(field status <<<"$status")"
expect "changed output" https://changed.example.com/prod "$(field result.outputs.api_gateway_url <<<"$status")"

# A mistake in the code: one that validate finds.
broken=$(body project-broken 'resource "terraform_data" "a" { inputt = 1 }' | ask POST /api/deploy "${json[@]}" --data-binary @- | field jobId)
wait_for "$broken"
expect "broken code" failed "$(field status <<<"$status")"
case $(field error <<<"$status") in *inputt*) echo "its error names the mistake" ;; *) expect "error" "inputt" "$status" ;; esac
expect "infrastructure of it" failed "$(ask GET /api/deploy/infrastructure/project-broken | field deploymentStatus)"
expect "validate finds it" false "$(ask GET /api/deploy/validate/project-broken | field valid)"

expect "costs" 501 "$(curl -s -o "$folder/costs" -w '%{http_code}' -H "Authorization: Bearer $TOKEN" "$URL/api/deploy/costs/project-123")"
case $(field error <"$folder/costs") in *.) echo "costs: $(field error <"$folder/costs")" ;; *) exit 1 ;; esac
expect "without a token" 401 "$(curl -s -o /dev/null -w '%{http_code}' "$URL/api/deploy/state/project-123")"

destroy=$(ask POST /api/deploy/destroy "${json[@]}" --data '{"projectId":"project-123"}')
expect "destroy" accepted "$(field status <<<"$destroy")"
wait_for "$(field jobId <<<"$destroy")"
expect "destroy's status" completed "$(field status <<<"$status")"
expect "afterwards" destroyed "$(ask GET /api/deploy/infrastructure/project-123 | field deploymentStatus)"
echo "the workflow is complete"
