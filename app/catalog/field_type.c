/* The tables of field types and actions. */
#include <string.h>

#include "snapshot.h"

const struct field_type_row field_types[FIELD__MAX] = {
#define FIELD_TYPE(type, wire, plain, in_index, value)                                             \
	[FIELD_##type] = {.name = wire, .column = plain, .indexed_column = in_index, .kind = value},
#include "field_type.def"
#undef FIELD_TYPE
};

const char *const action_names[ACTION__MAX] = {
    [ACTION_CREATE] = "create",
    [ACTION_READ] = "read",
    [ACTION_UPDATE] = "update",
    [ACTION_DELETE] = "delete",
};

enum field_type
field_type_find(const char *name)
{
	enum field_type type;

	for (type = 0; type < FIELD__MAX; type++) {
		if (strcmp(field_types[type].name, name) == 0)
			break;
	}
	return type;
}

enum action
action_find(const char *name)
{
	enum action action;

	for (action = 0; action < ACTION__MAX; action++) {
		if (strcmp(action_names[action], name) == 0)
			break;
	}
	return action;
}
