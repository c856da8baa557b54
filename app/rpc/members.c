/* Rules about the members of a workspace that several operations share. */
#include "members.h"

#include "caller.h"
#include "db.h"
#include "rq.h"

int
members_require_admin(struct rq *rq)
{
	int64_t n;

	if (db_int(rq, &n,
		"SELECT COUNT(*) FROM coffer_user_role ur"
		" JOIN coffer_role r ON r.id = ur.role_id AND r.is_admin"
		" JOIN coffer_member m ON m.user_id = ur.user_id AND m.workspace_id = "
		"ur.workspace_id"
		" AND m.status = 'active' WHERE ur.workspace_id = ?",
		B(rq->caller->workspace_id)) < 0)
		return -1;
	if (n == 0)
		return fail(rq, E_CONFLICT,
		    "this would leave the workspace without an administrator; give another user an "
		    "admin role first");
	return 0;
}
