import type { Handler } from './handler.ts';

const NO_MAP = 'Unknown map identifier. Please use #<id> or <file>.';

const showMap: Handler = ({ maps }, [name]) => {
  if (name === undefined) {
    const rows = [...maps].map(
      ([file, { entries }], id) =>
        `${id} (${file}) pattern loaded from file '${file}'. curr_ver=0 next_ver=0 entry_cnt=${entries.length}`,
    );
    return ['# id (file) description', ...rows].join('\n');
  }
  const map = maps.get(name);
  return map ? map.entries.map(([key, value]) => `0x55a32 ${key} ${value}`).join('\n') : NO_MAP;
};

const prepareMap: Handler = ({ maps }, [name = '']) => {
  const map = maps.get(name);
  if (!map) return NO_MAP;
  const version = Math.max(map.version, ...map.prepared.keys()) + 1;
  map.prepared.set(version, []);
  return `New version created: ${version}`;
};

const addMap: Handler = ({ maps }, words, { payload }) => {
  const version = words[0]?.startsWith('@') ? Number(words[0].slice(1)) : undefined;
  const [name = '', key = '', value = ''] = version === undefined ? words : words.slice(1);
  const map = maps.get(name);
  if (!map) return NO_MAP;
  const entries = version === undefined ? map.entries : map.prepared.get(version);
  if (!entries) return "Version number in the future, please use 'prepare map' before.";
  if (payload) entries.push(...payload.map(readPayloadLine));
  else if (value === '') return "'add map' expects three parameters: map identifier, key and value.";
  else entries.push([key, value]);
  return '';
};

const readPayloadLine = (line: string): [string, string] => {
  const [key = ''] = line.split(' ');
  return [key, line.slice(key.length).trimStart()];
};

const getMap: Handler = ({ maps }, [name = '', key]) => {
  const map = maps.get(name);
  if (!map) return NO_MAP;
  const found = map.entries.find(([each]) => each === key);
  const which = found
    ? `found=yes, idx=tree, key="${found[0]}", value="${found[1]}", type="str"`
    : 'found=no';
  return `type=str, case=sensitive, ${which}`;
};

const commitMap: Handler = ({ maps }, [version = '', name = '']) => {
  const map = maps.get(name);
  if (!map) return NO_MAP;
  const number = Number(version.slice(1));
  const entries = map.prepared.get(number);
  if (!entries || number <= map.version) return 'Version number out of range.';
  map.entries = entries;
  map.version = number;
  map.prepared.delete(number);
  return '';
};

const clearMap: Handler = ({ maps }, [version = '', name = '']) => {
  maps.get(name)?.prepared.delete(Number(version.slice(1)));
  return maps.has(name) ? '' : NO_MAP;
};

const setMap: Handler = ({ maps }, [name = '', key = '', value = '']) => {
  const map = maps.get(name);
  if (!map) return NO_MAP;
  if (!map.entries.some(([each]) => each === key)) return 'entry not found.';
  map.entries = map.entries.map(([each, old]) => [each, each === key ? value : old]);
  return '';
};

const deleteMap: Handler = ({ maps }, [name = '', key = '']) => {
  const map = maps.get(name);
  if (!map) return NO_MAP;
  if (!map.entries.some(([each]) => each === key)) return 'Key not found.';
  map.entries = map.entries.filter(([each]) => each !== key);
  return '';
};

export const MAP_HANDLERS: readonly (readonly [string, Handler])[] = [
  ['show map', showMap],
  ['get map', getMap],
  ['prepare map', prepareMap],
  ['add map', addMap],
  ['commit map', commitMap],
  ['clear map', clearMap],
  ['set map', setMap],
  ['del map', deleteMap],
];
