/* The start of a request. */
#include "rq.h"

#include "arena.h"
#include "clock.h"
#include "uuid.h"

void
rq_init(struct rq *rq, struct arena *mem)
{
	*rq = (struct rq){.mem = mem};
	out_init(&rq->out, mem);
	rq->now = clock_now();
	uuid_new(rq->id);
}
