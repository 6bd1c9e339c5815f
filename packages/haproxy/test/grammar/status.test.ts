import { describe, expect, it } from 'vitest';
import { readAdminState } from '../../src/grammar/admin-state.ts';
import { readCheckStatus, readStatus } from '../../src/grammar/status.ts';

describe('readStatus', () => {
  it.each([
    ['UP', { state: 'up' }],
    ['UP 1/2', { state: 'up', progress: { at: 1, of: 2 } }],
    ['DOWN', { state: 'down' }],
    ['DOWN 1/2', { state: 'down', progress: { at: 1, of: 2 } }],
    ['DOWN (agent)', { state: 'down', reason: 'agent' }],
    ['DRAIN', { state: 'drain' }],
    ['DRAIN 1/2', { state: 'drain', progress: { at: 1, of: 2 } }],
    ['DRAIN (agent)', { state: 'drain', reason: 'agent' }],
    ['NOLB', { state: 'nolb' }],
    ['NOLB 1/2', { state: 'nolb', progress: { at: 1, of: 2 } }],
    ['MAINT', { state: 'maint' }],
    ['MAINT (via b/s)', { state: 'maint', reason: 'b/s' }],
    ['MAINT (resolution)', { state: 'maint', reason: 'resolution' }],
    ['no check', { state: 'no-check' }],
    ['OPEN', { state: 'open' }],
    ['FULL', { state: 'full' }],
    ['STOP', { state: 'stop' }],
    ['PAUSED', { state: 'pause' }],
    ['UPSIDE', { state: 'unknown' }],
    ['', { state: 'unknown' }],
  ])('%s', (text, status) => expect(readStatus(text)).toEqual({ ...status, text }));
});

describe('readCheckStatus', () => {
  it.each([
    ['L7OK', { code: 'L7OK', ok: true, running: false }],
    ['* L7OK', { code: 'L7OK', ok: true, running: true }],
    ['L7OKC', { code: 'L7OKC', ok: true, running: false }],
    ['L4OK', { code: 'L4OK', ok: true, running: false }],
    ['L6OK', { code: 'L6OK', ok: true, running: false }],
    ['PROCOK', { code: 'PROCOK', ok: true, running: false }],
    ['L4CON', { code: 'L4CON', ok: false, running: false }],
    ['* L7STS', { code: 'L7STS', ok: false, running: true }],
    ['L7TOUT', { code: 'L7TOUT', ok: false, running: false }],
    ['INI', { code: 'INI', ok: undefined, running: false }],
    ['UNK', { code: 'UNK', ok: undefined, running: false }],
    ['', undefined],
  ])('%s', (text, check) => expect(readCheckStatus(text)).toEqual(check));
});

describe('readAdminState', () => {
  it.each([
    [0, false, false, 'ready', []],
    [1, true, false, 'maint', ['forced-maint']],
    [2, true, false, 'maint', ['inherited-maint']],
    [4, false, false, 'ready', ['configured-maint']],
    [5, true, false, 'maint', ['forced-maint', 'configured-maint']],
    [8, false, true, 'drain', ['forced-drain']],
    [12, false, true, 'drain', ['configured-maint', 'forced-drain']],
    [16, false, true, 'drain', ['inherited-drain']],
    [32, true, false, 'ready', ['resolution-maint']],
    [40, true, false, 'drain', ['forced-drain', 'resolution-maint']],
    [64, false, false, 'ready', ['hostname-set']],
  ])('%i, in decimal', (mask, maint, drain, set, origins) => {
    expect(readAdminState(mask)).toEqual({ mask, maint, drain, set, origins });
  });
});
