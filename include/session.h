#ifndef COFFER_SESSION_H
#define COFFER_SESSION_H

#include <stdint.h>

struct rq;

/*
 * People signing up, in and out.  These run and commit transactions of their own, so none may be
 * open; they set rq->caller for the activity log.  Throttled per client address.
 */

struct session {
	const char *user_id;
	const char *cookie; /* value of the cookie coffer_session: 43 characters of base64url */
	int64_t expires_at;
};

/* Make an account and sign in.  The very first one becomes operator of the instance and owner and
 * administrator of the workspace "default"; later ones need sign-up to be open (configuration, or
 * setting openSignup of "default") and become plain members of it.  -1: E_FORBIDDEN (closed),
 * E_VALIDATION (email, password of 8 to 200 characters, name), E_CONFLICT (email taken),
 * E_RATE_LIMITED. */
int session_sign_up(struct rq *rq, const char *email, const char *password, const char *name,
    struct session *session);

/* -1: E_UNAUTHORIZED, in the same words and time for an unknown email, a wrong password and an
 * account that is locked for 15 minutes after 8 failures; E_RATE_LIMITED. */
int session_sign_in(
    struct rq *rq, const char *email, const char *password, struct session *session);

/* End the session of this cookie value; one that is not there is no failure. */
int session_sign_out(struct rq *rq, const char *cookie);

#endif
