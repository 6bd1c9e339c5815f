import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDatabaseUrl } from '../../src/checks/database-url.ts';
import { loginOf } from '../../src/checks/mysql-login.ts';
import { loginAt, tlsOf } from '../../src/checks/postgres-login.ts';
import { mysqlCheck, postgresCheck, redisCheck } from '../../src/index.ts';
import { newFolder } from '../helpers/servers.ts';

const postgres = (url: string) => readDatabaseUrl('check', url, { schemes: ['postgres:'], socket: 'host' });
const mysql = (url: string) => readDatabaseUrl('check', url, { schemes: ['mysql:'], socket: 'socket' });
const redis = (url: string) => readDatabaseUrl('check', url, { schemes: ['redis:'] });

describe('readDatabaseUrl', () => {
  it.each([
    ['an encoded password', 'postgres://me:p%40ss%2Fw%3Frd%23@db/shop', 'p@ss/w?rd#'],
    ['an @ as it is', 'postgres://me:p@ss@db/shop', 'p@ss'],
    ['a colon', 'postgres://me:p:ss@db/shop', 'p:ss'],
    ['a % that begins no escape', 'postgres://me:100%@db/shop', '100%'],
    ['both kinds of %', 'postgres://me:50%of%20all@db/shop', '50%of all'],
    ['an umlaut', 'postgres://me:gr%C3%BC%C3%9Fe@db/shop', 'grüße'],
    ['a parameter', 'postgres://db/shop?user=me&password=p%2Fw', 'p/w'],
  ])('reads a password with %s', (_, url, password) => {
    expect(postgres(url)).toMatchObject({ user: 'me', password, hosts: [{ host: 'db' }], database: 'shop' });
  });

  it.each([
    ['postgres://db/shop', [['db', undefined]], 'postgres://db/shop'],
    ['postgres:///shop', [['', undefined]], 'postgres:///shop'],
    [
      'postgres://me:pw@/shop?host=/run/postgresql',
      [['/run/postgresql', undefined]],
      'postgres:///shop?host=/run/postgresql',
    ],
    [
      'postgres://me:pw@localhost/shop?host=/run/pg&port=5433',
      [['/run/pg', 5433]],
      'postgres:///shop?host=/run/pg:5433',
    ],
    [
      'postgres://me:pw@%2Frun%2Fpostgresql/shop',
      [['/run/postgresql', undefined]],
      'postgres:///shop?host=/run/postgresql',
    ],
    ['postgres://[::1]:5433/shop', [['::1', 5433]], 'postgres://[::1]:5433/shop'],
    ['postgres://[fe80::1%25eth0]/shop', [['fe80::1%eth0', undefined]], 'postgres://[fe80::1%eth0]/shop'],
    [
      'postgres://a:1,[::1]:2,c/shop',
      [
        ['a', 1],
        ['::1', 2],
        ['c', undefined],
      ],
      'postgres://a:1,[::1]:2,c/shop',
    ],
    [
      'postgres:///shop?host=a,::1&port=1,2',
      [
        ['a', 1],
        ['::1', 2],
      ],
      'postgres://a:1,[::1]:2/shop',
    ],
    [
      'postgres:///shop?host=a,b&port=7',
      [
        ['a', 7],
        ['b', 7],
      ],
      'postgres://a:7,b:7/shop',
    ],
    ['POSTGRES://db?dbname=shop \n', [['db', undefined]], 'postgres://db/shop'],
  ])('reads the hosts of %s', (text, hosts, shown) => {
    const url = postgres(text);
    expect(url.hosts).toEqual(hosts.map(([host, port]) => ({ host, port })));
    expect(url).toMatchObject({ database: 'shop', shown });
  });

  it.each([
    [
      'mysql://root:pw@localhost/shop?socket=/run/mysqld.sock',
      '/run/mysqld.sock',
      'mysql:///shop?socket=/run/mysqld.sock',
    ],
    ['mysql://root:pw@[::1]:3307/shop', '::1', 'mysql://[::1]:3307/shop'],
  ])('reads the host of %s', (text, host, shown) => {
    expect(mysql(text)).toMatchObject({ hosts: [{ host }], shown });
  });

  it('takes an empty parameter for none, and the path of a socket from the working directory', () => {
    expect(postgres('postgres://db/shop?host=')).toMatchObject({ hosts: [{ host: 'db' }] });
    expect(mysql('mysql://me:pw@db/shop?socket=mysqld.sock')).toMatchObject({
      hosts: [{ host: resolve('mysqld.sock') }],
    });
  });

  it.each([
    'postgres://shop-api:hun/ter22@db/shop',
    'postgres://shop-api:12/ter22@db/shop',
    'postgres://shop-api:hun/t@er22@db/shop',
    'postgres://shop-api:hun#ter22@db/shop',
    'postgres://shop-api:12?ter22@db/shop?sslmode=require',
    'postgres://shop-api:hunter22@db:ter22/shop',
    'postgres://shop-api:hunter22@::1/shop',
    'postgres://shop-api:%FF%FEter22@db/shop',
    'postgres://shop-api:hunter22@db/%FF%FE',
  ])('refuses %s, shows nothing of it, and says how to write it', (url) => {
    const refused = () => postgres(url);
    expect(refused).toThrow(/reading the URL of check: .*; wanted .*\. Fix: .* as %2\d/);
    expect(refused).not.toThrow(/shop-api|ter22/);
  });

  it.each([
    [mysql, 'mysql://me:pw@a:1,b:2/shop'],
    [redis, 'redis://me:pw@a:1,b:2'],
  ])('refuses several hosts where a tool takes one', (read, url) => {
    expect(() => read(url)).toThrow('2 hosts; wanted one');
  });

  it('leaves an @ in the value of a parameter', () => {
    expect(postgres('postgres://db/shop?application_name=a@b').params.get('application_name')).toBe('a@b');
  });

  it('keeps from errors what is secret in it, decoded and as it is written, and no public word', () => {
    expect(postgres('postgres://me-too:p%2Fw@db/shop').secrets).toEqual(['p/w', 'p%2Fw', 'me-too', 'me-too']);
    expect(postgres('postgres://postgres:p%2Fw@db/postgres').secrets).toEqual(['p/w', 'p%2Fw']);
  });
});

describe('the login of pg', () => {
  const login = (text: string) => {
    const url = postgres(text);
    return loginAt(url.hosts[0], url, undefined);
  };

  it("passes options on, and Prisma's parameters not", () => {
    const url =
      'postgres://me:pw@db/shop?options=-c%20search_path%3Dx&schema=public&connection_limit=5&host=db';
    expect(login(url)).toEqual({
      host: 'db',
      port: 5432,
      user: 'me',
      password: 'pw',
      database: 'shop',
      options: '-c search_path=x',
    });
  });

  it('has no TLS on a Unix socket', () => {
    const url = postgres('postgres:///shop?host=/run/pg');
    expect(loginAt(url.hosts[0], url, { ca: 'x' })).toMatchObject({ host: '/run/pg', ssl: false });
  });

  it.each([
    ['', undefined],
    ['sslmode=disable', false],
    ['ssl=0', false],
    ['ssl=true', {}],
    ['sslmode=require', {}],
    ['sslmode=verify-full', {}],
    ['sslmode=no-verify', { rejectUnauthorized: false }],
    ['sslrootcert=system', {}],
    ['sslmode=require&uselibpqcompat=true', { rejectUnauthorized: false }],
    ['sslmode=verify-full&uselibpqcompat=true', {}],
  ])('reads the TLS of "%s"', async (query, tls) => {
    const read = await tlsOf(new URLSearchParams(query), undefined);
    expect(read).toEqual(tls);
  });

  it.each([
    '',
    'sslmode=require',
    'sslmode=no-verify',
    'sslrootcert=system',
    'sslmode=verify-ca&uselibpqcompat=true',
  ])('proves all with an authority that is given, with "%s" as well', async (query) =>
    expect(await tlsOf(new URLSearchParams(query), 'pem')).toEqual({ ca: 'pem' }),
  );

  it('says "never" to a certificate file that is not there', async () => {
    const file = `${await newFolder()}/none.pem`;
    await expect(tlsOf(new URLSearchParams({ sslrootcert: file }), undefined)).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringContaining(`reading sslrootcert of a URL: ENOENT of the file ${file}`),
    });
  });
});

describe('the login of mysql2', () => {
  const login = (query: string, ca?: string) => loginOf(mysql(`mysql://me:p%2Fw@db/shop?${query}`), ca);
  const base = { host: 'db', port: 3306, user: 'me', password: 'p/w', database: 'shop' };

  it.each<[string, object]>([
    ['socket=/run/mysqld.sock', { socketPath: '/run/mysqld.sock', host: undefined, port: undefined }],
    ['connection_limit=5&pool_timeout=2&schema=x', {}],
    ['timezone=Z&dateStrings=true', { timezone: 'Z', dateStrings: true }],
    ['ssl={"rejectUnauthorized":false}', { ssl: { rejectUnauthorized: false } }],
    ['ssl-mode=DISABLED', {}],
    ['ssl-mode=REQUIRED', { ssl: {} }],
    ['sslmode=require', { ssl: {} }],
    ['ssl-mode=VERIFY_IDENTITY', { ssl: { verifyIdentity: true } }],
    ['sslmode=verify-full', { ssl: { verifyIdentity: true } }],
    ['sslaccept=strict', { ssl: {} }],
    ['sslaccept=accept_invalid_certs', { ssl: { rejectUnauthorized: false } }],
  ])('reads %s', async (query, expected) => {
    const read = { host: undefined, port: undefined, ...(await login(query)) };
    expect(read).toEqual({ ...base, ...expected });
  });

  it('proves all with an authority that is given', async () => {
    expect(await login('sslaccept=accept_invalid_certs', 'pem')).toMatchObject({
      ssl: { ca: 'pem', verifyIdentity: true },
    });
  });
});

describe('a check by URL', () => {
  it.each([
    [postgresCheck, 'http://db/'],
    [mysqlCheck, 'postgres://db/'],
    [redisCheck, 'rediss:x'],
    [postgresCheck, 'host=db user=shop-api password=hunter22'],
  ])('refuses one of another kind, and shows nothing of it', (check, url) => {
    expect(() => check(url)).toThrow(/wanted one that begins with/);
    expect(() => check(url)).not.toThrow(/hunter22/);
  });

  it.each(['postgres:///?service=shop', 'postgres://db/shop?service=shop', 'postgres://', 'postgres:///'])(
    'refuses %s: the values in variables and files of libpq are not read',
    (url) =>
      expect(() => postgresCheck(url)).toThrow(/PGSERVICE and the PG\* variables into it: they are not read/),
  );

  it('refuses an authority for a Redis without TLS', () => {
    expect(() => redisCheck('redis://db', { ca: 'pem' })).toThrow('wanted a rediss: URL');
  });
});
