/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

static const char help[] =
	"Usage: pathroute-agent [OPTION]...            route; SIGTERM leaves traffic running\n"
	"       pathroute-agent check [OPTION]...      tell what this node lacks\n"
	"       pathroute-agent uninstall [OPTION]...  detach and unpin everything\n"
	"\n"
	"  --manifests DIR       PathRoute, Service and EndpointSlice objects as YAML or\n"
	"                        JSON; changes are applied at once\n"
	"  --device NAME         network device, or a shell pattern of names; repeatable.\n"
	"                        New devices are attached as they appear\n"
	"  --config FILE         YAML file with these options as keys (device: [a, b]);\n"
	"                        the command line wins\n"
	"  --class NAME          PathRoutes of this className are served (pathroute)\n"
	"  --bpffs DIR           BPF file system for the pins (/sys/fs/bpf)\n"
	"  --attach MODE         auto, tcx or clsact (auto: tcx if the kernel has it)\n"
	"  --node-address ADDR   where `node` listeners listen; repeatable (all global\n"
	"                        addresses of the host)\n"
	"  --http-listen A:PORT  /metrics, /readyz, /livez and / (127.0.0.1:9180), or none\n"
	"  --max-flows N         connections at one time (131072)\n"
	"  --max-rules N         rules (8192)\n"
	"  --max-endpoints N     endpoints (16384)\n"
	"  --holds-large N       request heads of several segments at one time (1024)\n"
	"  --source-cap N        incomplete heads of one client address (256)\n"
	"  --head-timeout S      seconds for a request head (30)\n"
	"  --idle-timeout S      seconds until a silent connection is forgotten (7440)\n"
	"  --mss BYTES           largest MSS offered to IPv4 clients, 20 less to IPv6\n"
	"                        (from the smallest MTU of the devices)\n"
	"  --access-log FILE     a line for each finished request; - is the standard output\n"
	"                        (none is written)\n"
	"  --access-log-format F json or combined (json)\n"
	"  --access-log-sample N one request of N (1)\n"
	"  --log-level LEVEL     error, warning, info or debug (info)\n"
	"  -o, --output FORMAT   of check: text or json (text)\n"
	"  -V, --version         print the version\n"
	"  -h, --help            print this\n"
	"\n"
	"Signals: SIGTERM and SIGINT end the agent, SIGHUP reads all manifests again,\n"
	"SIGUSR1 opens the access log's file anew.\n"
	"\n"
	"Exit status: 0 success, 1 failure, 2 wrong usage or configuration, 3 another\n"
	"agent works on the same bpffs. Of check, the first that failed: 10 capabilities,\n"
	"11 bpffs, 12 jit, 13 programs, 14 attach, 15 btf, 16 devices, 17 lro.\n";

const char *options_help(void)
{
	return help;
}
