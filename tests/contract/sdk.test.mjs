// The official SDK clients, both wires, as products embed them.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { instance, MODERN, unique } from './lib.mjs';

let to;
let slug;

before(async () => {
	to = await instance();
	slug = unique('sdk');
});

// What every client can do, whatever it speaks.
async function exercise(client, slugOf) {
	const { tools } = await client.listTools();
	assert.ok(tools.some(({ name }) => name === 'schema.list_collections'));
	const call = (name, args) => client.callTool({ name, arguments: args });
	const made = await call('schema.create_collection', {
		slug: slugOf, fields: [{ name: 'name', type: 'text', required: true }],
	});
	assert.equal(made.isError, false, JSON.stringify(made.content));
	const row = await call('collections.insert', { collection: slugOf, data: { name: 'Ä' } });
	assert.equal(row.structuredContent.data.name, 'Ä');
	const list = await call('collections.list', { collection: slugOf, filter: { name: { _eq: 'Ä' } } });
	assert.equal(list.structuredContent.data.length, 1);
	const bad = await call('collections.insert', { collection: slugOf, data: {} });
	assert.equal(bad.isError, true);
	const { contents } = await client.readResource({ uri: `coffer://collection/${slugOf}` });
	assert.equal(JSON.parse(contents[0].text).sample.length, 1);
	const { resources } = await client.listResources();
	assert.ok(resources.length >= 2);
	const { messages } = await client.getPrompt({
		name: 'describe_collection', arguments: { collection: slugOf },
	});
	assert.equal(messages.length, 1);
	await assert.rejects(client.callTool({ name: 'no.such', arguments: {} }), (e) => e.code === -32602);
	await call('schema.drop_collection', { slug: slugOf });
}

test('the SDK of the legacy line', async () => {
	const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
	const { StreamableHTTPClientTransport } = await import(
		'@modelcontextprotocol/sdk/client/streamableHttp.js'
	);
	const client = new Client({ name: 'contract', version: '1' });
	await client.connect(
		new StreamableHTTPClientTransport(new URL(to.mcp), {
			requestInit: { headers: { Authorization: `Bearer ${to.key}` } },
		}),
	);
	assert.equal(client.getServerVersion().name, 'coffer');
	await client.ping();
	await exercise(client, `${slug}_v1`);
	await client.close();
});

for (const mode of ['legacy', 'auto', { pin: MODERN }])
	test(`the SDK that speaks both, in mode ${JSON.stringify(mode)}`, async () => {
		const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
		const client = new Client(
			{ name: 'contract', version: '1' },
			{ versionNegotiation: { mode } },
		);
		await client.connect(
			new StreamableHTTPClientTransport(new URL(to.mcp), {
				requestInit: { headers: { Authorization: `Bearer ${to.key}` } },
			}),
		);
		await exercise(client, `${slug}_${typeof mode === 'string' ? mode : 'pin'}`);
		await client.close();
	});
