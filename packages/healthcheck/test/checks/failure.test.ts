import { describe, expect, it } from 'vitest';
import { failureOf } from '../../src/checks/failure.ts';
import { HealthcheckError, isPermanent } from '../../src/index.ts';

const prisma = (cause: object) =>
  Object.assign(new Error('Raw query failed'), {
    code: 'P2010',
    meta: { driverAdapterError: { name: 'DriverAdapterError', cause } },
  });
const coded = (code: string) => Object.assign(new Error('no'), { code });

describe('failureOf', () => {
  it.each<[string, unknown, string]>([
    ['wrong password', coded('28P01'), 'denied'],
    ['no such database', coded('3D000'), 'misconfigured'],
    ['a starting server', coded('57P03'), 'not-ready'],
    ['too many connections', coded('53300'), 'not-ready'],
    ['a refused connection', coded('ECONNREFUSED'), 'unreachable'],
    ['a refused connection on two addresses', new AggregateError([coded('ECONNREFUSED')]), 'unreachable'],
    ['an unknown host', coded('ENOTFOUND'), 'unreachable'],
    ['a certificate nobody trusts', coded('DEPTH_ZERO_SELF_SIGNED_CERT'), 'misconfigured'],
    ['TLS not offered', new Error('The server does not support SSL connections'), 'misconfigured'],
    [
      'mysql2, a certificate nobody trusts',
      Object.assign(new Error('self-signed certificate'), { code: 'HANDSHAKE_SSL_ERROR' }),
      'misconfigured',
    ],
    [
      'mysql2, a handshake cut off',
      Object.assign(
        new Error('Client network socket disconnected before secure TLS connection was established'),
        {
          code: 'HANDSHAKE_SSL_ERROR',
        },
      ),
      'unreachable',
    ],
    ['MariaDB, wrong password', coded('ER_ACCESS_DENIED_ERROR'), 'denied'],
    ['Prisma, nothing there', prisma({ kind: 'DatabaseNotReachable' }), 'unreachable'],
    ['Prisma, wrong password', prisma({ kind: 'AuthenticationFailed' }), 'denied'],
    ['Prisma, no such database', prisma({ kind: 'DatabaseDoesNotExist' }), 'misconfigured'],
    ['Prisma, starting', prisma({ kind: 'postgres', code: '57P03' }), 'not-ready'],
    // As the real amqplib said them to a real RabbitMQ.
    [
      'amqplib, wrong password',
      new Error(
        'Handshake terminated by server: 403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - Login was refused"',
      ),
      'denied',
    ],
    [
      'amqplib, no such virtual host',
      new Error('Expected ConnectionOpenOk; got <ConnectionClose channel:0>'),
      'misconfigured',
    ],
    ['amqplib, still starting', new Error('Socket closed abruptly during opening handshake'), 'unreachable'],
    ['amqplib, a broker that died', new Error('Connection closed (Error: Unexpected close)'), 'unreachable'],
    ['amqplib, a channel that is gone', new Error('Channel closed'), 'unreachable'],
    ['amqplib, a silent broker', new Error('connect ETIMEDOUT'), 'silent'],
    [
      'mongodb, wrong password',
      Object.assign(new Error('Authentication failed.'), { code: 18, codeName: 'AuthenticationFailed' }),
      'denied',
    ],
    ['mongodb, hung up', new Error('connection <monitor> to 127.0.0.1:45483 closed'), 'unreachable'],
    ['mongodb, a silent server', new Error('Server selection timed out after 1000 ms'), 'silent'],
    ['anything else', new Error('odd'), 'bad-answer'],
    ['what is no error', 'odd', 'bad-answer'],
  ])('reads %s', (_, thrown, code) => {
    expect(failureOf('asking', thrown)).toMatchObject({ code });
  });

  it('keeps the cause', () => {
    const cause = new Error('odd', { cause: coded('ECONNREFUSED') });
    expect(failureOf('asking', cause).cause).toBe(cause);
  });

  it('shows no login, neither in its message nor in its cause', () => {
    const cause = new Error('dial postgres://me:secret@db as »me«, "hunter22"');
    const failure = failureOf('asking', cause, ['me', 'hunter22']);
    expect(failure.message).toBe('asking: dial postgres://***@db as »***«, "***"');
    expect(failure.cause).toMatchObject({ message: 'dial postgres://***@db as »***«, "***"' });
  });

  it('ends with causes that form a ring', () => {
    const ring = new Error('ring');
    ring.cause = ring;
    expect(failureOf('asking', ring).code).toBe('bad-answer');
  });
});

describe('isPermanent', () => {
  it('holds for what waiting cannot cure, and for errors of others that say so', () => {
    const error = (code: 'denied' | 'unreachable') => new HealthcheckError(code, { doing: 'a', found: 'b' });
    expect(isPermanent(error('denied'))).toBe(true);
    expect(isPermanent(error('unreachable'))).toBe(false);
    expect(isPermanent({ permanent: true })).toBe(true);
    expect(isPermanent(null)).toBe(false);
  });
});
