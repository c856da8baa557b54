/* The client's address behind proxies. */
#include "forwarded.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "conf.h"
#include "message.h"
#include "rq.h"
#include "str.h"

/* Any address as 16 bytes, IPv4 as ::ffff:a.b.c.d. */
static bool
parse_address(const char *text, unsigned char to[16])
{
	static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	if (inet_pton(AF_INET6, text, to) == 1)
		return true;
	memcpy(to, mapped, sizeof mapped);
	return inet_pton(AF_INET, text, to + 12) == 1;
}

static bool
in_network(const unsigned char address[16], const char *network, size_t len)
{
	char text[64], *slash;
	unsigned char base[16];
	int64_t bits = 128;

	if (len >= sizeof text)
		return false;
	memcpy(text, network, len);
	text[len] = '\0';
	slash = strchr(text, '/');
	if (slash) {
		*slash = '\0';
		if (!str_int(slash + 1, &bits) || bits < 0)
			return false;
		bits += strchr(text, ':') ? 0 : 96;
	}
	if (bits > 128 || !parse_address(text, base))
		return false;
	for (int i = 0; i < 16 && bits > 0; i++, bits -= 8) {
		unsigned mask = bits >= 8 ? 0xff : 0xffu << (8 - bits) & 0xff;

		if ((address[i] ^ base[i]) & mask)
			return false;
	}
	return true;
}

bool
forwarded_in_list(const char *address, const char *list)
{
	unsigned char bytes[16];

	if (!parse_address(address, bytes))
		return false;
	while (*list) {
		size_t len;

		list += strspn(list, ", \t");
		len = strcspn(list, ", \t");
		if (len && in_network(bytes, list, len))
			return true;
		list += len;
	}
	return false;
}

static bool
from_proxy(const struct request *req)
{
	const char *peer = req->header(req, "REMOTE_ADDR");

	return peer && *conf->trusted_proxies && forwarded_in_list(peer, conf->trusted_proxies);
}

const char *
forwarded_ip(struct rq *rq, const struct request *req)
{
	const char *peer = req->header(req, "REMOTE_ADDR"),
		   *chain = req->header(req, "HTTP_X_FORWARDED_FOR");
	unsigned char bytes[16];
	char **hops;
	size_t n;

	if (!peer || !chain || !from_proxy(req))
		return peer;
	n = str_split(rq->mem, chain, ',', &hops);
	while (n > 0) {
		n--;
		if (!parse_address(hops[n], bytes))
			return peer;
		peer = hops[n];
		if (!forwarded_in_list(peer, conf->trusted_proxies))
			return peer;
	}
	return peer;
}

bool
forwarded_https(const struct request *req)
{
	const char *https = req->header(req, "HTTPS"), *scheme = req->header(req, "REQUEST_SCHEME");
	const char *proto = req->header(req, "HTTP_X_FORWARDED_PROTO");

	if (proto && from_proxy(req))
		return strcasecmp(proto, "https") == 0;
	if (https && *https && strcasecmp(https, "off") != 0)
		return true;
	return scheme && strcasecmp(scheme, "https") == 0;
}
