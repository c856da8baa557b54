#ifndef COFFER_FORWARDED_H
#define COFFER_FORWARDED_H

#include <stdbool.h>

struct request;
struct rq;

/* Whose address a request has.  X-Forwarded-For and X-Forwarded-Proto count only when they come
 * from an address in conf->trusted_proxies (addresses and networks in CIDR notation); of the chain,
 * the last address that is not a trusted proxy is the client's. */
const char *forwarded_ip(struct rq *rq, const struct request *req);
bool forwarded_https(const struct request *req);

/* true if the address is in a list of addresses and networks separated by commas. */
bool forwarded_in_list(const char *address, const char *list);

#endif
