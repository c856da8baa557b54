// settings.*: what a workspace sets for itself.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { instance } from './lib.mjs';
import { Caller, FACES, member, refused, workspace } from './world.mjs';

let to;

before(async () => {
	to = await instance();
});

describe('settings.get', () => {
	for (const face of FACES)
		test(`has the defaults over ${face}`, async () => {
			const { admin } = await workspace(to);
			const { data } = await admin.do('settings.get', {}, face);
			assert.deepEqual(data.i18nLocales, ['en', 'tr', 'de', 'es', 'fr', 'ja']);
			assert.equal(data.i18nDefaultLocale, 'en');
			assert.equal(data.openSignup, false);
			assert.equal(data.timezone, 'UTC');
			assert.deepEqual(data.flags, {});
			assert.ok('appUrl' in data && 'emailFrom' in data && 'brandName' in data && 'siteName' in data);
		});

	test('is for administrators', async () => {
		const ws = await workspace(to);
		const person = await member(ws);
		for (const face of FACES) {
			refused(await person.call(face, 'settings.get'), 'FORBIDDEN', 'Admin role required');
			refused(await person.call(face, 'settings.update', { timezone: 'UTC' }), 'FORBIDDEN',
				'Admin role required');
		}
		refused(await new Caller(to).rest('settings.get'), 'UNAUTHORIZED', 'Sign in required');
	});
});

describe('settings.update', () => {
	for (const face of FACES)
		test(`changes what is named and nothing else over ${face}`, async () => {
			const { admin } = await workspace(to);
			const before = (await admin.do('settings.get')).data;
			const changes = {
				siteName: 'Büro 😀', brandName: 'Käse & Söhne', timezone: 'Europe/Berlin',
				flags: { beta: true, nested: { deep: [1, 2.5, null] } }, openSignup: true,
			};
			assert.deepEqual(await admin.do('settings.update', changes, face), { ok: true });
			assert.deepEqual((await admin.do('settings.get', {}, face)).data, { ...before, ...changes });
			assert.deepEqual(await admin.do('settings.update', { brandName: null }, face), { ok: true });
			assert.deepEqual((await admin.do('settings.get', {}, face)).data,
				{ ...before, ...changes, brandName: null });
		});

	test('the workspaces are apart', async () => {
		const one = await workspace(to), two = await workspace(to);
		await one.admin.do('settings.update', { siteName: 'One' });
		assert.notEqual((await two.admin.do('settings.get')).data.siteName, 'One');
	});

	for (const face of FACES)
		test(`refuses unknown keys, wrong types and bounds over ${face}, and stores nothing`, async () => {
			const { admin } = await workspace(to);
			const before = (await admin.do('settings.get')).data;
			for (const [args, at] of [
				[{}, undefined],
				[{ nope: 1 }, 'nope'],
				[{ siteName: 'fine', nope: 1 }, 'nope'],
				[{ __proto__x: 1 }, '__proto__x'],
				[{ constructor: 1 }, 'constructor'],
				[{ appUrl: 'https://x' }, 'appUrl'],
				[{ siteName: '' }, 'siteName'],
				[{ siteName: 'x'.repeat(121) }, 'siteName'],
				[{ siteName: 7 }, 'siteName'],
				[{ siteName: null }, 'siteName'],
				[{ openSignup: 'true' }, 'openSignup'],
				[{ openSignup: 1 }, 'openSignup'],
				[{ i18nLocales: [] }, 'i18nLocales'],
				[{ i18nLocales: Array(51).fill('en') }, 'i18nLocales'],
				[{ i18nLocales: 'en' }, 'i18nLocales'],
				[{ i18nLocales: ['en', 'e'] }, 'i18nLocales'],
				[{ i18nLocales: ['en', 'english'] }, 'i18nLocales'],
				[{ i18nLocales: ['en', 'en-'] }, 'i18nLocales'],
				[{ i18nLocales: ['en', 'en-toolong12'] }, 'i18nLocales'],
				[{ i18nLocales: ['en', "en'--"] }, 'i18nLocales'],
				[{ i18nLocales: ['en', 7] }, 'i18nLocales'],
				[{ i18nDefaultLocale: 'xx' }, 'i18nDefaultLocale'],
				[{ i18nDefaultLocale: '' }, 'i18nDefaultLocale'],
				[{ i18nDefaultLocale: 7 }, 'i18nDefaultLocale'],
				[{ i18nLocales: ['de'] }, 'i18nDefaultLocale'], // the default, en, is not among them
				[{ i18nLocales: ['de'], i18nDefaultLocale: 'en' }, 'i18nDefaultLocale'],
				[{ flags: [] }, 'flags'],
				[{ flags: 'on' }, 'flags'],
				[{ flags: null }, 'flags'],
				[{ timezone: '' }, 'timezone'],
				[{ timezone: 'x'.repeat(65) }, 'timezone'],
			]) {
				const got = refused(await admin.call(face, 'settings.update', args), 'VALIDATION', undefined,
					JSON.stringify(args));
				if (at) assert.ok(got.message.includes(at) || got.path === at, `${got.message} names ${at}`);
			}
			assert.deepEqual((await admin.do('settings.get')).data, before);
		});

	test('takes the bounds', async () => {
		const { admin } = await workspace(to);
		for (const args of [
			{ siteName: 'x' }, { siteName: '😀'.repeat(120) }, { i18nLocales: ['en'] },
			{ i18nLocales: ['de', 'pt-BR', 'zh-Hant', 'fil'], i18nDefaultLocale: 'pt-BR' },
			{ i18nDefaultLocale: 'zh-Hant' }, { flags: {} },
			{ i18nLocales: Array.from({ length: 50 }, (_, i) => `en-${String(i).padStart(2, '0')}`),
				i18nDefaultLocale: 'en-49' },
		])
			assert.deepEqual(await admin.do('settings.update', args), { ok: true }, JSON.stringify(args));
	});
});
