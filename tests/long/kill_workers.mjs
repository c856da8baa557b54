// kill -9 of workers during inserts.
import { cpuTime } from '../bench/stage.mjs';
import { longTest, numbers } from './long.mjs';
import { writeAndDisturb } from './writes.mjs';

const options = numbers('Workers are killed during inserts; every row is written exactly once.', {
	minutes: 10,
	connections: 9,
	workers: 8,
	seconds: 1,
	victims: 8,
});

// The kernel wakes few of the workers when few are needed: those that have worked most are the ones
// with a request in hand.
function killBusiest(stage) {
	const busiest = stage.poolWorkers().sort((a, b) => cpuTime(b) - cpuTime(a));
	for (const pid of busiest.slice(0, options.victims)) process.kill(pid, 'SIGKILL');
}

await longTest('kill_workers', { workers: options.workers }, (stage) =>
	writeAndDisturb(stage, options, () => killBusiest(stage)),
);
