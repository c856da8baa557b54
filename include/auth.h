#ifndef COFFER_AUTH_H
#define COFFER_AUTH_H

#include <stdbool.h>

struct rq;

/* What a request brought to prove who it is; all may be NULL. */
struct credentials {
	const char *session; /* value of the cookie coffer_session */
	const char *bearer;  /* after "Bearer ", or X-API-Key */
	/* X-Coffer-Workspace or X-Backlex-Tenant: slug or id */
	const char *workspace;
	const char *cookie_workspace; /* cookie coffer_workspace; asked after the header */
	const char *user_id; /* command line only: act as this administrator of workspace */
};

enum auth_lock { AUTH_READ, AUTH_SHARE, AUTH_CONFIG };

/*
 * Run "who" as the first statement of a transaction and set rq->caller and rq->snap; a transaction
 * that is still open is rolled back first.  A cookie session goes before a bearer.  AUTH_SHARE
 * locks what it read (writes); AUTH_CONFIG first raises the workspace's epoch, and caller->epoch is
 * then the one before.  No credentials at all: an anonymous caller in the workspace named, or the
 * default one.  -1: E_UNAUTHORIZED (unknown, revoked, expired, suspended; one message for all),
 * E_FORBIDDEN (a key used with another workspace), E_RATE_LIMITED, or a database failure; then no
 * transaction is open.  Meets E_RETRY itself.
 */
int auth_who(struct rq *rq, const struct credentials *credentials, enum auth_lock lock);

/* Ask once more inside an open transaction, locking, and set rq->caller; rq->snap stays.  For
 * writes that could not be one transaction: what was true when they began may have been taken away.
 */
int auth_again(struct rq *rq, const struct credentials *credentials);

/* The credentials of the request, kept for the door's retries; set by the face. */
void auth_remember(struct rq *rq, const struct credentials *credentials);

#endif
