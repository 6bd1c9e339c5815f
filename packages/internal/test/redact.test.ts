import { describe, expect, it } from 'vitest';
import { redactUrl, redactUrls } from '../src/index.ts';

describe('redactUrl', () => {
  it('drops user, password, query and fragment', () => {
    expect(redactUrl('postgres://me:secret@db:5432/shop?sslkey=x#y')).toBe('postgres://db:5432/shop');
  });
  it('shows nothing of what is no URL', () => {
    expect(redactUrl('secret')).toBe('a bad URL');
  });
});

describe('redactUrls', () => {
  it('masks the user-info of every URL in a text', () => {
    expect(redactUrls('dial redis://:pw@a:1 and amqp://u:p@b')).toBe('dial redis://***@a:1 and amqp://***@b');
  });
});
