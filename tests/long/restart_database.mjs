// The database goes during writes, killed and stopped in turn, and comes back.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { comm, ROOT, sleep } from '../bench/stage.mjs';
import { longTest, numbers } from './long.mjs';
import { writeAndDisturb } from './writes.mjs';

const options = numbers('The database is killed and restarted during writes; none is lost or done twice.', {
	minutes: 10,
	connections: 9,
	workers: 12,
	seconds: 10,
});

const script = path.join(ROOT, 'tests/fixture/mariadb.sh');
let turn = 0;

async function restart(stage) {
	const dir = path.join(stage.dir, 'mariadb');
	const pid = stage.mariadbd();

	if (turn++ % 2) {
		execFileSync(script, ['stop', dir]);
	} else {
		process.kill(pid, 'SIGKILL');
		while (comm(pid) === 'mariadbd') await sleep(20);
	}
	await sleep(500);
	execFileSync(script, ['start', dir], { stdio: ['ignore', 'ignore', 'inherit'] });
}

await longTest('restart_database', { workers: options.workers }, (stage) =>
	writeAndDisturb(stage, options, () => restart(stage)),
);
