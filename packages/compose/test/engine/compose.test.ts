import { describe, expect, it } from 'vitest';
import { composeArguments, composeCommands } from '../../src/engine/compose.ts';
import { assertDeployable } from '../../src/engine/preflight.ts';

describe('composeArguments', () => {
  it('names files, env file and project before the command', () => {
    const project = {
      directory: '/srv',
      files: ['a.yaml', 'b.yaml'],
      envFile: 'prod.env',
      projectName: 'shop',
    };
    expect(
      composeArguments(
        project,
        composeCommands.up([
          { service: 'cron', replicas: 1 },
          { service: 'mail' },
          { service: 'worker', replicas: 2 },
        ]),
      ).join(' '),
    ).toBe(
      'compose --file a.yaml --file b.yaml --env-file prod.env --project-name shop --profile * up --detach --no-build --no-recreate --scale cron=1 --scale worker=2 cron mail worker',
    );
  });
});

describe('assertDeployable', () => {
  const none = { services: [], single: [], jobs: [], settings: [], slots: {}, files: [], graces: {} };
  const config = { name: 'shop', services: { api: {}, cron: { deploy: { replicas: 2 } } } };

  it('names the service that is missing and those that are there', () => {
    expect(() =>
      assertDeployable(config, {
        services: ['api', 'blue'],
        single: [],
        jobs: [],
        settings: [],
        graces: {},
        slots: {},
        files: [],
      }),
    ).toThrow('no service blue; it has api, cron; wanted every service that is deployed: api, blue');
  });

  it('refuses an exclusive service with replicas', () => {
    expect(() =>
      assertDeployable(config, {
        services: ['cron'],
        single: ['cron'],
        jobs: [],
        settings: [],
        graces: {},
        slots: {},
        files: [],
      }),
    ).toThrow('cron has 2 replicas');
  });

  it.each([
    ['90s', 90_000, 'has stop_grace_period: 1m0s; wanted 90s'],
    ['1m0s', 60_000, undefined],
    [undefined, 90_000, 'no stop_grace_period; wanted 90s'],
    [undefined, 10_000, undefined],
  ])(
    'compares the grace of the file, %s, with the %d ms that were promised',
    (stop_grace_period, grace, message) => {
      const services = { cron: stop_grace_period ? { stop_grace_period: '1m0s' } : {} };
      const asked = () => assertDeployable({ name: 'shop', services }, { ...none, graces: { cron: grace } });
      if (message) expect(asked).toThrow(message);
      else expect(asked).not.toThrow();
    },
  );

  it.each([
    [{ profiles: ['job'] }, undefined],
    [{}, 'has no profile, so that a bare `docker compose up` runs it'],
    [{ profiles: ['job', 'blue'] }, 'has the profile blue of a slot'],
    [{ profiles: ['job'], restart: 'always' }, 'has restart: always'],
    [{ profiles: ['job'], scale: 2 }, 'has 2 replicas'],
  ])('takes as a job what nothing else starts: %j', (migrate, message) => {
    const services = { migrate, api_blue: { profiles: ['blue'] } };
    const request = { ...none, jobs: ['migrate'], slots: { blue: ['api_blue'] } };
    const asked = () => assertDeployable({ name: 'shop', services }, request);
    if (message) expect(asked).toThrow(message);
    else expect(asked).not.toThrow();
  });

  it('refuses a variable that two services share', () => {
    expect(() =>
      assertDeployable(config, {
        services: [],
        single: [],
        jobs: [],
        settings: ['A', 'A'],
        graces: {},
        slots: {},
        files: [],
      }),
    ).toThrow('two services share an image variable');
  });

  describe('of a service that depends on one of a slot', () => {
    const asked =
      (worker: object, api: object = { profiles: ['blue'] }) =>
      () =>
        assertDeployable(
          { name: 'shop', services: { api_blue: api, worker } },
          { ...none, slots: { blue: ['api_blue'] } },
        );

    it('refuses it, since a bare up would refuse the project while the slot is idle', () => {
      expect(asked({ depends_on: { api_blue: {} } })).toThrow(
        'worker depends on api_blue, whose profile is off while blue is idle',
      );
    });

    it.each([
      ['is not required', { depends_on: { api_blue: { required: false } } }, undefined],
      ['has no profile', { depends_on: { api_blue: {} } }, {}],
    ])('takes it when that %s', (_, worker, api) => {
      expect(asked(worker, api)).not.toThrow();
    });
  });

  it.each([
    ['/srv/maps/live.map', 'haproxy mounts the file /srv/maps/live.map alone'],
    ['/srv/maps', undefined],
  ])('looks whether %s is mounted and would hide a file that is replaced by rename', (source, message) => {
    const services = { haproxy: { volumes: [{ type: 'bind', source }] } };
    const asked = () =>
      assertDeployable({ name: 'shop', services }, { ...none, files: ['/srv/maps/live.map'] });
    if (message) expect(asked).toThrow(message);
    else expect(asked).not.toThrow();
  });
});
