// kill -9 of workers during inserts.
import { comm, sleep } from '../bench/stage.mjs';
import { longTest, numbers } from './long.mjs';
import { writeAndDisturb } from './writes.mjs';

const options = numbers('Workers are killed during inserts; every row is written exactly once.', {
	minutes: 10,
	connections: 9,
	workers: 8,
	seconds: 1,
	victims: 8,
});

// Looking for the workers keeps this process busy until all answers have come: then it waits for
// work to be under way again.
async function killWorkers(stage) {
	const workers = stage.poolWorkers();
	await sleep(50 + Math.random() * 50);
	for (const pid of workers.slice(0, options.victims)) {
		if (comm(pid) === 'coffer-fcgi') process.kill(pid, 'SIGKILL');
	}
}

await longTest('kill_workers', { workers: options.workers }, (stage) =>
	writeAndDisturb(stage, options, () => killWorkers(stage)),
);
