/* coffer: the operator's command and the stdio proxy. */
#include "cli.h"

int
main(int argc, char **argv)
{
	return cli_main(argc, argv);
}
