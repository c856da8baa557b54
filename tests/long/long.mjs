// What the long tests share: their parameters, their clients and how they end.
import http from 'node:http';
import { parseArgs } from 'node:util';
import { post, sleep, Stage, toolCall } from '../bench/stage.mjs';

// defaults: {minutes: 60, ...}; every one is an option that takes a positive number.
export function numbers(purpose, defaults) {
	const options = Object.fromEntries(
		Object.keys(defaults).map((name) => [name, { type: 'string' }]),
	);
	let values;
	try {
		({ values } = parseArgs({ options: { ...options, help: { type: 'boolean' } } }));
	} catch (error) {
		usage(purpose, defaults, error.message);
	}
	if (values.help) usage(purpose, defaults);
	const result = { ...defaults };
	for (const [name, text] of Object.entries(values)) {
		const number = Number(text);
		if (!Number.isFinite(number) || number <= 0)
			usage(purpose, defaults, `--${name} takes a positive number, not "${text}"`);
		result[name] = number;
	}
	return result;
}

function usage(purpose, defaults, problem) {
	const lines = Object.entries(defaults).map(([name, value]) => `  --${name} N  (${value})`);
	process.stderr.write(`${problem ? `${problem}\n` : ''}${purpose}\n${lines.join('\n')}\n`);
	process.exit(problem ? 2 : 0);
}

// Run one test on an instance of its own; it returns {ok, summary}.
export async function longTest(name, startOptions, test) {
	const stage = await Stage.start(startOptions);
	const stop = () => {
		stage.stop();
		process.exit(130);
	};
	process.on('SIGINT', stop);
	process.on('SIGTERM', stop);
	let outcome;
	try {
		outcome = await test(stage);
	} catch (error) {
		outcome = { ok: false, summary: error.stack };
	}
	stage.stop();
	console.log(`${outcome.ok ? 'PASS' : 'FAIL'} ${name}: ${outcome.summary}`);
	process.exit(outcome.ok ? 0 : 1);
}

export class Client {
	constructor(stage, key = stage.key) {
		this.stage = stage;
		this.key = key;
		this.agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
	}

	// {status, result, refused}: refused is the text of a tool's failure.  Rejects when the
	// connection breaks.
	async call(name, args, { idempotencyKey, timeout = 60000 } = {}) {
		const answer = await post(
			`${this.stage.url}/mcp`,
			this.key,
			idempotencyKey ? withKey(name, args, idempotencyKey) : toolCall(name, args),
			{ agent: this.agent, timeout },
		);
		const message = answer.status === 200 ? JSON.parse(answer.text) : {};
		const result = message.result;
		return {
			status: answer.status,
			text: answer.text,
			result: result && !result.isError ? result.structuredContent : undefined,
			refused: result?.isError ? result.content[0].text : undefined,
		};
	}

	async must(name, args, options) {
		const answer = await this.call(name, args, options);
		if (!answer.result) throw new Error(`${name}: ${answer.status} ${answer.text.slice(0, 400)}`);
		return answer.result;
	}
}

function withKey(name, args, key) {
	const message = JSON.parse(toolCall(name, args));
	message.params._meta = { 'coffer/idempotencyKey': key };
	return JSON.stringify(message);
}

// Work lanes until the time is over: work(lane) again and again.
export async function lanes(n, until, work) {
	const lane = async (i) => {
		while (Date.now() < until) await work(i);
	};
	await Promise.all(Array.from({ length: n }, (_, i) => lane(i)));
}

// Do something every so often until the time is over.
export async function every(ms, until, work) {
	while (Date.now() + ms < until) {
		await sleep(ms);
		await work();
	}
}

export const minutesFromNow = (minutes) => Date.now() + minutes * 60000;
