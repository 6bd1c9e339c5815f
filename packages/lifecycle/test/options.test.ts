import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import {
  askPm2ToDrain,
  drainPm2,
  exclusive,
  gracefulShutdown,
  LifecycleError,
  runService,
  waitForDatabase,
} from '../src/index.ts';
import { testShutdown } from '../src/testing.ts';
import { worldOf } from './shutdown/fake-host.ts';

// Every public function with every option it has: a wrong type or range, and a name it does not know.

type Call = (options: object) => unknown;

/** For each kind of option, what is wrong for it. */
const WRONG = {
  duration: [-1, Number.NaN, Number.POSITIVE_INFINITY, '5s', null],
  limit: [-1, Number.NaN, '5s', null],
  boolean: ['yes', 1, null],
  text: ['', 5, null],
  function: ['onEvent', {}, null],
  signal: [{ aborted: false }, 'abort', null],
  logger: [true, 'console', {}, { info: 1, warn: 1 }, null],
  command: [[], [''], ['node', 5], 'node app.js', null],
} satisfies Record<string, readonly unknown[]>;

interface Entry {
  readonly call: Call;
  readonly options: Readonly<Record<string, readonly unknown[]>>;
}

const pm2Options = {
  processes: ['api', [5], [''], null],
  gracePeriod: [...WRONG.duration, { api: '5s' }, { api: -1 }, []],
  pm2Home: WRONG.text,
  signal: WRONG.signal,
};
const shutdownOptions = {
  server: [{}, 'http', 3000, [createServer(), {}], null],
  gracePeriod: WRONG.duration,
  lameDuck: WRONG.duration,
  streams: ['end', true, 1, {}, null],
  readinessDelay: WRONG.duration,
  signals: ['SIGTERM', ['SIGKILL'], ['SIGSTOP'], ['TERM'], [15], null],
  trapErrors: WRONG.boolean,
  exit: WRONG.boolean,
  webSockets: [{}, { clients: 5 }, [{}], null],
  verdictFile: WRONG.text,
  containerStopTimeout: WRONG.duration,
  onEvent: WRONG.function,
  logger: WRONG.logger,
};

const entries: Record<string, Entry> = {
  gracefulShutdown: { call: (options) => gracefulShutdown(options), options: shutdownOptions },
  testShutdown: { call: (options) => testShutdown(options), options: shutdownOptions },
  'shutdown.add': {
    call: (options) => worldOf().shutdown.add('step', () => {}, options),
    options: { phase: ['begin', 1, null], timeout: WRONG.limit },
  },
  waitForDatabase: {
    call: (options) => waitForDatabase('redis://127.0.0.1:1', options),
    options: {
      timeout: WRONG.limit,
      attemptTimeout: WRONG.limit,
      signal: WRONG.signal,
      keepWaiting: WRONG.boolean,
      onAttempt: WRONG.function,
    },
  },
  exclusive: {
    call: (options) => exclusive('lock', { store: 'redis://127.0.0.1:1', ...options }, () => {}),
    options: {
      store: [5, '', null, undefined, {}, 'no URL', 'mysql://127.0.0.1/db'],
      signal: WRONG.signal,
      timeout: WRONG.limit,
      lease: [...WRONG.duration, 299],
      onEvent: WRONG.function,
    },
  },
  drainPm2: { call: (options) => drainPm2({ pm2Home: '/nowhere', ...options }), options: pm2Options },
  askPm2ToDrain: {
    call: (options) => askPm2ToDrain({ pm2Home: '/nowhere', ...options }),
    options: pm2Options,
  },
  runService: {
    call: (options) => runService({ command: ['true'], exit: false, ...options }),
    options: {
      command: [...WRONG.command, undefined],
      waitFor: [5, null, {}, 'no URL', 'http://127.0.0.1', undefined, ''],
      waitTimeout: WRONG.limit,
      migrate: WRONG.command,
      gracePeriod: WRONG.duration,
      env: ['A=1', 5, ['A'], { A: 5 }, null],
      cwd: WRONG.text,
      exit: WRONG.boolean,
      onEvent: WRONG.function,
      logger: WRONG.logger,
    },
  },
  'runService, migrate': {
    call: (migrate) =>
      runService({ command: ['true'], exit: false, migrate: { command: ['true'], ...migrate } }),
    options: {
      command: [...WRONG.command, undefined],
      lock: [5, '', null, {}, 'no URL'],
      timeout: WRONG.limit,
    },
  },
};

/** What a call throws, at once or by rejecting. */
async function refusalOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe.each(Object.entries(entries))('%s', (_, { call, options }) => {
  const wrong = Object.entries(options).flatMap(([name, values]) => values.map((value) => ({ name, value })));

  it.each(wrong)('refuses $value as $name at the call, and says what it wants', async ({ name, value }) => {
    const error = await refusalOf(() => call({ [name]: value }));
    expect(error).toBeInstanceOf(LifecycleError);
    expect(error).toMatchObject({ code: 'invalid-options', facts: { option: name } });
    expect(String(error)).toMatch(new RegExp(`option ${name} is .+; wanted .+`));
    expect(String(error)).not.toContain('undefined');
  });

  it('refuses a name it does not know, and names those it does', async () => {
    const error = await refusalOf(() => call({ graceTime: 5 }));
    expect(error).toMatchObject({ code: 'invalid-options', facts: { option: 'graceTime' } });
    for (const name of Object.keys(options)) expect(String(error)).toContain(name);
  });
});

const REDIS = 'redis://127.0.0.1:1';
const service = (options: object) => runService({ command: ['true'], exit: false, ...options });

describe('what is no option', () => {
  it.each([
    ['exclusive without a name', () => exclusive('', { store: 'redis://127.0.0.1:1' }, () => {}), 'name'],
    ['exclusive without a job', () => exclusive('a', { store: 'redis://127.0.0.1:1' }, 5 as never), 'run'],
    ['a step without a name', () => worldOf().shutdown.add('', () => {}), 'name'],
    ['a step that cannot be closed', () => worldOf().shutdown.add('step', {} as never), 'close'],
    ['a target that is none', () => waitForDatabase(5 as never), 'targets'],
    ['no target', () => waitForDatabase(undefined), 'targets'],
    ['a list with one that is none', () => waitForDatabase([REDIS, 5] as never), 'targets[1]'],
    ['a list with an unset variable', () => waitForDatabase([REDIS, process.env.UNSET]), 'targets[1]'],
    ['the same for a service', () => service({ waitFor: [REDIS, process.env.UNSET] }), 'waitFor[1]'],
    ['a variable without a value', () => service({ waitFor: ['', REDIS] }), 'waitFor[0]'],
    ['options that are none', () => gracefulShutdown(5 as never), 'options'],
    ['options that are a list', () => waitForDatabase('redis://127.0.0.1:1', [] as never), 'options'],
  ])('refuses %s', async (_, call, name) => {
    expect(await refusalOf(call)).toMatchObject({ code: 'invalid-options', facts: { option: name } });
  });
});
