#ifndef COFFER_TEST_CUT_PROXY_H
#define COFFER_TEST_CUT_PROXY_H

/*
 * A proxy between a client and DIR/mariadb.sock, at DIR/proxy.sock.  When the client's bytes hold
 * the given text they are passed on, the server's answer is awaited and thrown away, and the
 * connection is closed: the answer is lost, the deed is done.
 */
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct cut_proxy {
	pthread_t thread;
	int listener;
	int quit[2];
	char dir[64];
	const char *cut_at;
	bool once; /* after the first connection that ends, nothing is cut any more */
};

static inline struct sockaddr_un
proxy_address(const char *dir, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", dir, name);
	return address;
}

/* Copy what is there; false at the end of the connection or after a cut. */
static inline bool
proxy_pass(int from, int to, const char *cut_at)
{
	char buf[65536];
	ssize_t n = read(from, buf, sizeof(buf));

	if (n <= 0 || write(to, buf, (size_t)n) != n)
		return false;
	if (cut_at == NULL || memmem(buf, (size_t)n, cut_at, strlen(cut_at)) == NULL)
		return true;
	(void)!read(to, buf, sizeof(buf));
	return false;
}

static inline void
proxy_connection(struct cut_proxy *proxy, int client)
{
	struct sockaddr_un address = proxy_address(proxy->dir, "mariadb.sock");
	int server = socket(AF_UNIX, SOCK_STREAM, 0);
	struct pollfd fds[] = {
	    {.fd = client, .events = POLLIN},
	    {.fd = server, .events = POLLIN},
	    {.fd = proxy->quit[0], .events = POLLIN},
	};
	bool open = connect(server, (struct sockaddr *)&address, sizeof(address)) == 0;

	while (open && poll(fds, 3, -1) > 0 && fds[2].revents == 0) {
		if (fds[0].revents != 0)
			open = proxy_pass(client, server, proxy->cut_at);
		if (open && fds[1].revents != 0)
			open = proxy_pass(server, client, NULL);
	}
	if (proxy->once)
		proxy->cut_at = NULL;
	close(server);
	close(client);
}

static inline void *
proxy_run(void *arg)
{
	struct cut_proxy *proxy = arg;
	struct pollfd fds[] = {
	    {.fd = proxy->listener, .events = POLLIN},
	    {.fd = proxy->quit[0], .events = POLLIN},
	};

	while (poll(fds, 2, -1) > 0 && fds[1].revents == 0)
		proxy_connection(proxy, accept(proxy->listener, NULL, NULL));
	return NULL;
}

static inline void
proxy_start(struct cut_proxy *proxy, const char *dir, const char *cut_at)
{
	struct sockaddr_un address = proxy_address(dir, "proxy.sock");

	snprintf(proxy->dir, sizeof(proxy->dir), "%s", dir);
	proxy->cut_at = cut_at;
	proxy->once = false;
	proxy->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	unlink(address.sun_path);
	assert_int_equal(bind(proxy->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(proxy->listener, 4), 0);
	assert_int_equal(pipe(proxy->quit), 0);
	assert_int_equal(pthread_create(&proxy->thread, NULL, proxy_run, proxy), 0);
}

static inline void
proxy_stop(struct cut_proxy *proxy)
{
	assert_int_equal(write(proxy->quit[1], "", 1), 1);
	pthread_join(proxy->thread, NULL);
	close(proxy->listener);
	close(proxy->quit[0]);
	close(proxy->quit[1]);
}

#endif
