import { describe, expect, it } from 'vitest';
import {
  ExplainedError,
  maskValues,
  messageOf,
  redact,
  redactThrown,
  redactUrl,
  redactUrls,
} from '../src/index.ts';

describe('redactUrl', () => {
  it('drops user, password, query and fragment', () => {
    expect(redactUrl('postgres://me:secret@db:5432/shop?sslkey=x#y')).toBe('postgres://db:5432/shop');
  });

  it.each(['postgres://me:12/34@db:5432/shop', 'redis://me:12/3@4@db:5432/shop'])(
    'shows nothing of the password in %s, which new URL takes for a port and a path',
    (url) => expect(redactUrl(url)).toMatch(/^\w+:\/\/db:5432\/shop$/),
  );

  it('leaves an @ in the path of a web page', () => {
    expect(redactUrl('http://web:3000/@me')).toBe('http://web:3000/@me');
  });

  it('shows nothing of what is no URL', () => {
    expect(redactUrl('secret')).toBe('a bad URL');
  });
});

describe('redactUrls', () => {
  it.each([
    ['dial redis://:pw@a:1 and amqp://u:p@b', 'dial redis://***@a:1 and amqp://***@b'],
    ['bad postgres://me:pa/ss@db/x', 'bad postgres://***@db/x'],
    ['bad postgres://me:p@ss@db/x', 'bad postgres://***@db/x'],
    ['bad postgres://me:p%2Fss%40@db/x', 'bad postgres://***@db/x'],
    ['bad "mongodb+srv://me:p#a?s@a,b/x"', 'bad "mongodb+srv://***@a,b/x"'],
    ['at file:///app/node_modules/@scope/pg@8/index.js', 'at file:///app/node_modules/@scope/pg@8/index.js'],
  ])('masks the user-info of each URL in: %s', (text, shown) => {
    expect(redactUrls(text)).toBe(shown);
  });
});

describe('redact', () => {
  // As the servers and drivers say it.
  it.each([
    ['PostgreSQL', 'password authentication failed for user "shop-api"'],
    ['PostgreSQL, a quote in the name', 'password authentication failed for user "shop-api"s"'],
    ['PostgreSQL', 'role "shop-api" does not exist'],
    [
      'PostgreSQL',
      'no pg_hba.conf entry for host "172.17.0.1", user "shop-api", database "x", no encryption',
    ],
    ['PostgreSQL', 'too many connections for role "shop-api"'],
    ['PgBouncer', 'no such user: shop-api'],
    ['MySQL', "Access denied for user 'shop-api'@'172.17.0.1' (using password: YES)"],
    ['MySQL', "Access denied for user 'shop-api'@'%' to database 'x'"],
    ['MySQL', "The user specified as a definer ('shop-api'@'%') does not exist"],
    ['MySQL', "User 'shop-api' has exceeded the 'max_user_connections' resource"],
    ['MySQL', "Access denied for user 'o'shop-api'@'%'"],
    ['SQL Server', "Login failed for user 'shop-api'."],
    ['Redis', "NOPERM User shop-api has no permissions to run the 'ping' command"],
    ['MongoDB', 'Could not find user "shop-api" for db "admin"'],
    ['MongoDB', 'UserNotFound: Could not find user shop-api@admin'],
    ['RabbitMQ', "ACCESS_REFUSED - access to vhost '/' refused for user 'shop-api'"],
    ['RabbitMQ', "user 'shop-api' can only connect via localhost"],
    ['Prisma 6', 'the provided database credentials for `shop-api` are not valid.'],
    ['Prisma 6', 'User `shop-api` was denied access on the database `x`'],
    ['a DSN', 'cannot open host=db user=shop-api password=shop-api dbname=x'],
  ])('shows no account in a message of %s: %s', (_, message) => {
    expect(redact(message)).not.toMatch(/shop-api/);
    expect(redact(redact(message))).toBe(redact(message));
  });

  it.each([
    'database "orders" does not exist',
    "Table 'shop.orders' doesn't exist",
    'relation "users" does not exist',
    'for a socket, run as a user who may open it',
    "the user's file '/x' is gone",
    'connect ECONNREFUSED 127.0.0.1:5432',
  ])('leaves: %s', (message) => expect(redact(message)).toBe(message));

  it('masks the secrets that are known, in whatever language', () => {
    const message = 'Passwort-Authentifizierung für Benutzer »app« fehlgeschlagen, application app';
    expect(redact(message, ['app'])).toBe(message.replace(/\bapp\b/g, '***'));
  });
});

describe('maskValues', () => {
  it.each([
    ['a secret that another begins with', 'is hunter22-long', ['hunter22', 'hunter22-long'], 'is ***'],
    ['the same, given the other way round', 'is hunter22-long', ['hunter22-long', 'hunter22'], 'is ***'],
    ['a secret that another ends with', 'is old-hunter22', ['hunter22', 'old-hunter22'], 'is ***'],
    ['secrets that overlap', 'is abcdefghij', ['abcdefg', 'efghij'], 'is ***'],
    ['a secret that overlaps itself', 'is abcabcabcabc!', ['abcabc'], 'is ***!'],
    ['two that stand apart', 'hunter22 or swordfish', ['swordfish', 'hunter22'], '*** or ***'],
    ['characters of a pattern', 'a $(.*)$& b', ['$(.*)$&'], 'a *** b'],
    ['a short one, as a word', 'an application app', ['app'], 'an application ***'],
    ['none that is empty', 'text', [''], 'text'],
  ])('masks %s', (_, text, values, shown) => {
    expect(maskValues(text, values)).toBe(shown);
  });
});

describe('redactThrown', () => {
  class DriverError extends Error {
    readonly code = '28P01';
  }
  const raw = () => new DriverError('password authentication failed for user "shop-api"');

  it('copies an error that names an account: same class and code, without it in message, stack and further texts', () => {
    const error = Object.assign(raw(), { sqlMessage: "Access denied for user 'shop-api'@'%'", errno: 1045 });
    const shown = redactThrown(error);
    expect(shown).toBeInstanceOf(DriverError);
    expect(shown).toMatchObject({ code: '28P01', errno: 1045, message: expect.stringContaining('"***"') });
    expect(Object.values(shown).join() + shown.message + shown.stack).not.toMatch(/shop-api/);
    expect(error.message).toContain('shop-api');
  });

  it('reaches causes, parts and nested facts, and what a property holds by its name', () => {
    const command = { name: 'auth', args: ['shop-api', 'hunter22'] };
    const shown = redactThrown(
      new AggregateError([
        new Error('no', { cause: raw() }),
        Object.assign(new Error('WRONGPASS'), { command }),
        Object.assign(new Error('P1000'), { meta: { driverAdapterError: { cause: { user: 'shop-api' } } } }),
      ]),
    );
    const texts = (value: unknown): string =>
      typeof value === 'object' && value !== null
        ? Object.getOwnPropertyNames(value)
            .map((name) => texts(Reflect.get(value, name)))
            .join()
        : String(value);
    expect(texts(shown)).not.toMatch(/shop-api|hunter22/);
    expect(shown.errors[1]).toMatchObject({ command: { name: 'auth' } });
  });

  it('masks the input that Node keeps with an invalid URL', () => {
    const invalid = (): unknown => {
      try {
        return new URL('redis://shop-api:pa/ss@db');
      } catch (error) {
        return error;
      }
    };
    expect(redactThrown(invalid())).toMatchObject({ code: 'ERR_INVALID_URL', input: 'redis://***@db' });
  });

  it('returns the thing itself when there is nothing to hide', () => {
    const error = Object.assign(new Error('no', { cause: new Error('why') }), {
      details: { list: [1, 'a'] },
    });
    expect(redactThrown(error)).toBe(error);
    expect(redactThrown('odd')).toBe('odd');
    expect(redactThrown(undefined)).toBe(undefined);
  });

  it('ends with causes that form a ring, and calls no accessor', () => {
    const ring = raw();
    ring.cause = ring;
    Object.defineProperty(ring, 'odd', {
      get: () => {
        throw new Error('called');
      },
    });
    expect(redactThrown(ring).message).toContain('"***"');
  });
});

describe('ExplainedError', () => {
  class OurError extends ExplainedError {}
  const cause = new Error('dial postgres://shop-api:pa/ss@db, user "shop-api"');

  it('shows no login in its message, explanation, facts or causes', () => {
    const explanation = { doing: 'asking', found: cause.message };
    const error = new OurError('denied', explanation, { cause, facts: { found: cause.message } });
    const shown = [
      error.message,
      error.stack,
      error.explanation.found,
      error.facts.found,
      messageOf(error.cause),
    ];
    expect(shown.join()).not.toMatch(/shop-api|pa\/ss/);
    expect(error.message).toBe('asking: dial postgres://***@db, user "***"');
  });
});
