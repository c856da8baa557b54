// 150 times SIGTERM to a pool that is busy with answers of 300 kB: none is cut.
//
//	node --test tests/long/drain.test.mjs
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { drainRound, stage } from '../contract/pool-stage.mjs';

const ROUNDS = 150;

test(`${ROUNDS} drains under load`, async (t) => {
	const on = await stage();
	let answers = 0;
	for (let round = 0; round < ROUNDS; round++) {
		answers += await drainRound(on);
		await on.tidy();
	}
	assert.ok(answers >= 20 * ROUNDS);
	t.diagnostic(`${answers} whole answers`);
});
