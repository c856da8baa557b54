/* coffer migrate: bring the database to this build's shape. */
#include <stdio.h>

#include "cli.h"
#include "cli_rq.h"
#include "migrate.h"
#include "rq.h"

int
cli_migrate(int argc, char **argv)
{
	const struct cli_option options[] = {{0}};
	struct rq *rq;
	int n;

	if (cli_options(argc, argv, options) < argc)
		return cli_usage("migrate", "no operands are taken");
	rq = cli_rq(true);
	if (!rq)
		return CLI_FAILED;
	n = migrate(rq);
	if (n < 0)
		return cli_fail("%s", rq->err.message);
	if (n > 0)
		printf("%d migration%s applied\n", n, n == 1 ? "" : "s");
	else
		printf("nothing to do\n");
	return CLI_OK;
}
