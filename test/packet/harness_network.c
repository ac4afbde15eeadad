/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../agent/base/cleanup.h"
#include "harness_network.h"

static const char far_script[] = "link set client0 up\nlink set pod0 up\n"
				 "link set pod1 up\nlink set pod2 up\n";

static const char address_script[] = "link set lo up\n"
				     "link set client0 up\n"
				     "addr add 192.0.2.1/24 dev client0\n"
				     "addr add fd00:c::1/64 dev client0 nodad\n";

/* Runs `ip -batch -` with the script. */
static int run_ip(const char *script)
{
	_cleanup_close_ int to = -1;
	int pipes[2], status = -1;
	size_t length = strlen(script);
	pid_t child;

	if (pipe2(pipes, O_CLOEXEC))
		return -errno;
	to = pipes[1];
	child = fork();
	if (!child) {
		dup2(pipes[0], STDIN_FILENO);
		execlp("ip", "ip", "-batch", "-", (char *)NULL);
		_exit(127);
	}
	close(pipes[0]);
	if (child < 0 || write(to, script, length) != (ssize_t)length)
		return -EIO;
	close(STEAL_FD(to));
	if (waitpid(child, &status, 0) != child || status)
		return -EIO;
	return 0;
}

static int write_sysctl(const char *path, const char *value)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return write(fd, value, strlen(value)) < 0 ? -errno : 0;
}

static int set_sysctls(void)
{
	static const char *const settings[][2] = {
		{"/proc/sys/net/ipv4/ip_forward", "1"},
		{"/proc/sys/net/ipv6/conf/all/forwarding", "1"},
		{"/proc/sys/net/ipv6/conf/default/accept_dad", "0"},
		{"/proc/sys/net/ipv6/conf/default/addr_gen_mode", "1"},
		{"/proc/sys/net/ipv6/conf/default/router_solicitations", "0"},
	};
	int error = 0;

	for (unsigned i = 0; i < sizeof(settings) / sizeof(settings[0]) && !error; i++)
		error = write_sysctl(settings[i][0], settings[i][1]);
	return error;
}

/* "client0" is device number 0, "pod0" number 1 and so on: the number is in the MAC addresses. */
static int add_device(const char *name, unsigned number, int far)
{
	char script[256];

	snprintf(script, sizeof(script),
		 "link add %s address 02:00:00:00:%02x:01 type veth peer name %s "
		 "address 02:00:00:00:%02x:02 netns /proc/%d/fd/%d\n",
		 name, number, name, number, getpid(), far);
	return run_ip(script);
}

static struct network_device describe_device(const char *name, unsigned number)
{
	return (struct network_device){
		.ifindex = (int)if_nametoindex(name),
		.own_mac = {2, 0, 0, 0, (uint8_t)number, 1},
		.far_mac = {2, 0, 0, 0, (uint8_t)number, 2},
	};
}

static int add_pod_routes(unsigned pod)
{
	char script[512];

	snprintf(script, sizeof(script),
		 "link set pod%u up\n"
		 "addr add 10.1.%u.1/32 dev pod%u\n"
		 "route add 10.1.%u.2/32 dev pod%u\n"
		 "addr add fd00:10:%x::1/128 dev pod%u nodad\n"
		 "route add fd00:10:%x::2/128 dev pod%u\n"
		 "neigh add 10.1.%u.2 lladdr 02:00:00:00:%02x:02 nud permanent dev pod%u\n"
		 "neigh add fd00:10:%x::2 lladdr 02:00:00:00:%02x:02 nud permanent dev pod%u\n",
		 pod, pod, pod, pod, pod, pod, pod, pod, pod, pod, pod + 1, pod, pod, pod + 1, pod);
	return run_ip(script);
}

static int add_client_neighbours(void)
{
	char script[4096];
	size_t used = 0;

	for (unsigned host = 10; host < 30 && used < sizeof(script); host++)
		used += (size_t)snprintf(
			script + used, sizeof(script) - used,
			"neigh add 192.0.2.%u lladdr 02:00:00:00:00:02 dev client0\n"
			"neigh add fd00:c::%u lladdr 02:00:00:00:00:02 dev client0\n",
			host, host);
	return run_ip(script);
}

static int add_devices(struct network *network, int far)
{
	char name[IFNAMSIZ];
	int error = add_device("client0", 0, far);

	for (unsigned pod = 0; pod < NETWORK_PODS && !error; pod++) {
		snprintf(name, sizeof(name), "pod%u", pod);
		error = add_device(name, pod + 1, far);
		network->pod[pod] = describe_device(name, pod + 1);
	}
	network->client = describe_device("client0", 0);
	return error;
}

static int configure_near(void)
{
	int error = run_ip(address_script);

	for (unsigned pod = 0; pod < NETWORK_PODS && !error; pod++)
		error = add_pod_routes(pod);
	return error ? error : add_client_neighbours();
}

/* Brings the far ends up; the process stays in the far namespace only meanwhile. */
static int configure_far(int far)
{
	_cleanup_close_ int near = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int error;

	if (near < 0 || setns(far, CLONE_NEWNET))
		return -errno;
	error = run_ip(far_script);
	if (setns(near, CLONE_NEWNET))
		return -errno;
	return error;
}

static int open_capture(void)
{
	_cleanup_close_ int fd =
		socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
	int size = 8 << 20;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return STEAL_FD(fd);
}

int network_setup(struct network *ret_network)
{
	_cleanup_close_ int far = -1;
	int error;

	if (unshare(CLONE_NEWNET))
		return -errno;
	far = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	error = write_sysctl("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	if (error)
		return error;
	if (far < 0 || unshare(CLONE_NEWNET))
		return -errno;
	error = set_sysctls();
	if (!error)
		error = add_devices(ret_network, far);
	if (!error)
		error = configure_far(far);
	if (!error)
		error = configure_near();
	if (error)
		return error;
	ret_network->capture = open_capture();
	ret_network->far = STEAL_FD(far);
	return ret_network->capture < 0 ? ret_network->capture : 0;
}

void network_done(struct network *network)
{
	closep(&network->capture);
	closep(&network->far);
	network->capture = -1;
	network->far = -1;
}

/* Multicast listener reports and neighbour discovery are the kernel's own talk. */
static bool is_kernel_talk(const struct packet *packet)
{
	const uint8_t *ip = packet->bytes + ETHERNET_SIZE;
	uint16_t protocol = (uint16_t)(packet->bytes[12] << 8 | packet->bytes[13]);

	if (protocol == ETH_P_IP)
		return ip[9] != IPPROTO_TCP && ip[9] != IPPROTO_ICMP;
	if (protocol != ETH_P_IPV6 || packet->length < ETHERNET_SIZE + 41)
		return true;
	return ip[6] != IPPROTO_TCP && (ip[6] != IPPROTO_ICMPV6 || ip[40] >= 128);
}

bool network_capture(struct network *network, struct packet *ret_packet)
{
	struct sockaddr_ll from = {};
	socklen_t from_length = sizeof(from);
	ssize_t length;

	for (;;) {
		memset(ret_packet, 0, sizeof(*ret_packet));
		length = recvfrom(network->capture, ret_packet->bytes, sizeof(ret_packet->bytes), 0,
				  (struct sockaddr *)&from, &from_length);
		if (length < 0)
			return false;
		ret_packet->length = (size_t)length;
		ret_packet->ifindex = from.sll_ifindex;
		if (from.sll_pkttype == PACKET_OUTGOING && !is_kernel_talk(ret_packet))
			return true;
	}
}
