// permissions.*: storing and validating grants, and what a grant allows to whom.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { instance } from './lib.mjs';
import { role, workspace } from './world.mjs';

let ws;

before(async () => {
	ws = await workspace(await instance());
});

test('a grant is listed for its role (B15)', async () => {
	const { id } = await role(ws);
	await ws.admin.do('permissions.grant', { roleId: id, collection: 'system_files', action: 'read' });
	const { data } = await ws.admin.do('permissions.list_for_role', { roleId: id });
	assert.deepEqual(data.map((g) => [g.collection, g.action]), [['system_files', 'read']]);
});
