// Who calls: signing up, in and out, cookies and keys, and what is refused to whom.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { instance } from './lib.mjs';
import { Caller } from './world.mjs';

let to;

before(async () => {
	to = await instance();
});

test('a stranger is asked to sign in', async () => {
	const res = await new Caller(to).http('GET', '/api/me');
	assert.equal(res.status, 401);
	assert.equal(res.json.error.code, 'UNAUTHORIZED');
});
