// activity.search: its filters, paging and counts, and whose rows a caller sees.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { instance } from './lib.mjs';
import { workspace } from './world.mjs';

let ws;

before(async () => {
	ws = await workspace(await instance());
});

test('answers rows with limit and offset', async () => {
	const { data, limit, offset } = await ws.admin.do('activity.search');
	assert.ok(Array.isArray(data));
	assert.deepEqual([limit, offset], [50, 0]);
});
