// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose fills these in.
import { describe, expect, it } from 'vitest';
import { keptForm, settingsAt } from '../../src/engine/kept-form.ts';

const SECRET = 'hunter22';

const api = (rest: object) => ({ services: { api: { image: 'shop', ...rest } } });

describe('keptForm', () => {
  it.each<[string, object, object]>([
    ['a variable whose name looks secret', { environment: { API_TOKEN: 'x' } }, {}],
    [
      'one made from a variable whose name looks secret, however short that is',
      { environment: { GREETING: 'a b' } },
      { environment: ['GREETING=a ${DB_PASSWORD}', 'LEVEL=1'] },
    ],
    ['a command made from one', { command: ['a', 'b'] }, { command: 'a ${API_KEY:-none}' }],
    [
      'a command that shows the value of one',
      { command: ['--use', SECRET], environment: { MY_KEY: SECRET } },
      {},
    ],
    ['a login in an address', { command: [`postgres://u:${SECRET}@db/x`] }, {}],
    ['a label made from one', { labels: { users: 'a' } }, { labels: ['users=${BASIC_AUTH}'] }],
  ])('leaves out %s', (_, settings, written) => {
    const { model, secrets } = keptForm(api(settings), api(written));
    expect(model).toEqual(
      api(
        Object.fromEntries(Object.keys(settings).flatMap((name) => (name === 'command' ? [] : [[name, {}]]))),
      ),
    );
    expect(secrets).toHaveLength(Object.keys(settings).length);
    expect(settingsAt(api(settings), secrets)).toMatchObject({ services: { api: settings } });
  });

  it('leaves out what a variable of the env file is worth, and the content of secrets and configs', () => {
    const model = {
      ...api({ hostname: SECRET }),
      secrets: { db: { file: '/db', content: 'c' } },
      configs: { a: { content: 'c' } },
    };
    const kept = keptForm(model, {}, [`ADMIN_PASSWORD=${SECRET}`]).model;
    expect(kept).toEqual({ ...api({}), secrets: { db: { file: '/db' } }, configs: { a: {} } });
  });

  it('keeps the rest: names of secrets, what the container fills in itself, and what a secret has no part in', () => {
    const rest = {
      secrets: [{ source: 'db' }],
      command: ['echo $$API_TOKEN'],
      environment: { LEVEL: 'x', API_TOKEN: null },
    };
    expect(keptForm(api(rest), api(rest)).model).toEqual(api(rest));
  });
});

describe('settingsAt', () => {
  it('leaves out what the project does not have any more', () => {
    const now = api({ environment: { LEVEL: 'x' } });
    expect(
      settingsAt(now, [
        ['services', 'api', 'environment', 'TOKEN'],
        ['services', 'web', 'command'],
      ]),
    ).toEqual({
      services: { api: { environment: {} } },
    });
  });
});
