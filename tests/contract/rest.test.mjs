// REST: routes, status codes, envelope, query parameters, workspaces, and the operator's pages.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { instance } from './lib.mjs';
import { Caller } from './world.mjs';

let to;

before(async () => {
	to = await instance();
});

test('an unknown route is 404 in the envelope', async () => {
	const res = await new Caller(to, { key: to.key }).http('GET', '/api/nothing-here');
	assert.equal(res.status, 404);
	assert.equal(res.json.error.code, 'NOT_FOUND');
});
