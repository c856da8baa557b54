/* The pool of limit responders and their requests: /limit/MODE/CASE, MODE being fcgi, who or db. */
#include "limit.h"

#include <fcgiapp.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS_MAX = 256, BODY_MAX = 5 * 1024 * 1024, UUID_LEN = 36 };

static const char bearer_scheme[] = "Bearer ";

enum kind { TOOLS, READ, LIST, INSERT, BULK, KIND__MAX };
static const char *const kind_names[KIND__MAX] = {"tools", "read", "list", "insert", "bulk"};

/* What coffer answered to the same request. */
static struct text fixed[KIND__MAX];
static struct text answer;
static char body[BODY_MAX + 1];
static pid_t children[WORKERS_MAX];
static int nchildren;

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
read_fixed(const char *dir)
{
	char path[1024], piece[65536];
	ssize_t n;

	for (int kind = 0; kind < KIND__MAX; kind++) {
		int fd;

		snprintf(path, sizeof(path), "%s/%s", dir, kind_names[kind]);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			die(path);
		while ((n = read(fd, piece, sizeof(piece))) > 0)
			text_add(&fixed[kind], piece, (size_t)n);
		close(fd);
	}
}

static bool
find_kind(const char *name, enum kind *kind_r)
{
	for (int kind = 0; kind < KIND__MAX; kind++)
		if (strcmp(name, kind_names[kind]) == 0) {
			*kind_r = (enum kind)kind;
			return true;
		}
	return false;
}

static void
read_body(FCGX_Request *fcgi)
{
	const char *length = FCGX_GetParam("CONTENT_LENGTH", fcgi->envp);
	long len = length ? atol(length) : 0;

	if (len < 0 || len > BODY_MAX)
		len = 0;
	len = FCGX_GetStr(body, (int)len, fcgi->in);
	body[len] = '\0';
}

/* The text after the mark, "" if it is not there. */
static const char *
after(const char *mark)
{
	const char *at = strstr(body, mark);

	return at ? at + strlen(mark) : "";
}

static void
send_answer(FCGX_Request *fcgi, const struct text *text)
{
	char head[256];
	int len = snprintf(head, sizeof(head),
	    "Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
	    "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\r\n",
	    text->len);

	FCGX_PutStr(head, len, fcgi->out);
	FCGX_PutStr(text->data, (int)text->len, fcgi->out);
}

static void
refuse(FCGX_Request *fcgi, const char *status)
{
	FCGX_FPrintF(fcgi->out, "Status: %s\r\nContent-Length: 0\r\n\r\n", status);
}

static bool
known(FCGX_Request *fcgi, bool lock)
{
	const char *value = FCGX_GetParam("HTTP_AUTHORIZATION", fcgi->envp);
	size_t scheme = strlen(bearer_scheme);

	return value && strncmp(value, bearer_scheme, scheme) == 0 &&
	       database_who(value + scheme, lock);
}

static void
run_statements(enum kind kind)
{
	char id[UUID_LEN + 1] = "";
	const char *topic;

	answer.len = 0;
	switch (kind) {
	case READ:
		memcpy(id, after("\"id\":\""), strnlen(after("\"id\":\""), UUID_LEN));
		database_read(id, &answer);
		break;
	case LIST:
		topic = after("\"topic\":\"");
		database_list(topic, strcspn(topic, "\""), &answer);
		break;
	case INSERT:
		database_insert(&answer);
		database_commit();
		break;
	case BULK:
		database_bulk_insert(&answer);
		database_commit();
		break;
	default:
		break;
	}
	text_pad(&answer, fixed[kind].len);
}

/* Returns whether a read view is to be ended once the answer has left. */
static bool
serve(FCGX_Request *fcgi)
{
	const char *path = FCGX_GetParam("REQUEST_URI", fcgi->envp);
	char mode[8], name[8];
	bool writes;
	enum kind kind;

	read_body(fcgi);
	if (sscanf(path ? path : "", "/limit/%7[a-z]/%7[a-z]", mode, name) != 2 ||
	    !find_kind(name, &kind)) {
		refuse(fcgi, "404 Not Found");
		return false;
	}
	if (strcmp(mode, "fcgi") == 0) {
		send_answer(fcgi, &fixed[kind]);
		return false;
	}
	writes = strcmp(mode, "db") == 0 && (kind == INSERT || kind == BULK);
	if (!known(fcgi, writes)) {
		refuse(fcgi, "401 Unauthorized");
		return true;
	}
	if (strcmp(mode, "db") == 0)
		run_statements(kind);
	send_answer(fcgi, strcmp(mode, "db") == 0 ? &answer : &fixed[kind]);
	return !writes;
}

static void
work(int fd, char **account)
{
	FCGX_Request fcgi;

	signal(SIGTERM, SIG_DFL);
	database_open(account[0], account[1], account[2]);
	if (FCGX_Init() != 0 || FCGX_InitRequest(&fcgi, fd, 0) != 0)
		die("FCGX_Init");
	while (FCGX_Accept_r(&fcgi) == 0) {
		bool open_view = serve(&fcgi);

		FCGX_Finish_r(&fcgi);
		if (open_view)
			database_commit();
	}
	exit(1);
}

static int
listen_on(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		die("socket");
	strcpy(address.sun_path, path);
	unlink(path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 1024) < 0)
		die(path);
	return fd;
}

static void
stop(int signal_number)
{
	for (int i = 0; i < nchildren; i++)
		kill(children[i], signal_number);
	_exit(0);
}

int
main(int argc, char **argv)
{
	int workers, fd;

	if (argc != 7) {
		fputs("usage: LIMIT_PASSWORD=P limit SOCKET WORKERS ANSWERS DATABASE-SOCKET USER "
		      "NAME\n",
		    stderr);
		return 2;
	}
	workers = atoi(argv[2]);
	if (workers < 1 || workers > WORKERS_MAX)
		return 2;
	read_fixed(argv[3]);
	fd = listen_on(argv[1]);
	for (; nchildren < workers; nchildren++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0)
			work(fd, argv + 4);
		children[nchildren] = pid;
	}
	signal(SIGTERM, stop);
	wait(NULL);
	stop(SIGTERM);
	return 1;
}
