#ifndef COFFER_SQLB_H
#define COFFER_SQLB_H

#include "buf.h"
#include "db.h"

/*
 * SQL text made at run time.  It takes literals, numbers, binds and identifiers of type struct
 * ident - and an ident is made only by the functions below: from a number of the catalogue, or from
 * a name that MariaDB's own catalogue gave.  A caller's string can only become a bind.
 */
struct sqlb {
	struct arena *mem;
	struct buf text;
	struct bind *binds;
	size_t nbinds, cap;
};

/* A quoted identifier: up to 64 characters of up to 3 bytes, or 64 doubled back-quotes. */
struct ident {
	char text[3 * 64 + 3];
};

/* `c_<workspace>_<collection>`, `f_<field>` */
struct ident ident_table(uint32_t workspace_no, uint32_t collection_no);
struct ident ident_column(uint32_t field_no);
/* `ix_<no>`: a composite index, by its number in the collection. */
struct ident ident_index(uint32_t index_no);
/* A system column of a managed table; name is a literal. */
#define ident_literal(name) ident_literal_("" name "")
struct ident ident_literal_(const char *name);
/* A name read from INFORMATION_SCHEMA (adopted tables); back-quotes in it are doubled. */
struct ident ident_existing(const char *name);

void sqlb_init(struct sqlb *b, struct arena *mem);
#define sqlb_lit(b, literal) sqlb_text_((b), "" literal "")
void sqlb_text_(struct sqlb *b, const char *literal);
void sqlb_uint(struct sqlb *b, uint64_t n);
/* "t<alias>" */
void sqlb_alias(struct sqlb *b, unsigned alias);
void sqlb_ident(struct sqlb *b, const struct ident *id);
/* t<alias>.`column`; with SQLB_BARE the column alone (INSERT ... RETURNING knows no alias) */
enum { SQLB_BARE = 0x7fffffff };
void sqlb_column(struct sqlb *b, unsigned alias, const struct ident *column);
/* "?" and its value */
void sqlb_bind(struct sqlb *b, struct bind value);
/* All of from, text and binds. */
void sqlb_append(struct sqlb *b, const struct sqlb *from);

int sqlb_exec(struct rq *rq, struct sqlb *b);
int sqlb_query(struct rq *rq, struct sqlb *b, struct rows **rows_r);
int sqlb_stream(struct rq *rq, struct sqlb *b, struct rows **rows_r);

/* "?" whose value comes with each row of sqlb_bulk(). */
void sqlb_each(struct sqlb *b);
/* One bulk statement for nrows rows: values holds, row by row, one bind for each sqlb_each() of b;
 * what was given with sqlb_bind() is the same for all rows.  With rows_r (else NULL) what the
 * statement returns (INSERT ... RETURNING) is read, in the order of the rows.  Otherwise as
 * db_bulk_(). */
int sqlb_bulk(
    struct rq *rq, struct sqlb *b, const struct bind *values, size_t nrows, struct rows **rows_r);

#endif
