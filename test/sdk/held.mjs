import {
  Function as Fn,
  Line,
  Location,
  Mapping,
  Profile,
  Sample,
  StringTable,
  ValueType,
} from 'pprof-format';

/** Labels that Pyroscope keeps for itself: the profile type says them already. */
const PRIVATE = /^__\w+__$/;

async function post(url, method, body) {
  const response = await fetch(`${url}/querier.v1.QuerierService/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: '*/*;allow-utf8-labelnames=true' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** A selector for exactly one series: a label of another series that this one lacks must be empty. */
function buildSelector(labels, names) {
  const parts = names.map(
    (name) =>
      `${/^[a-zA-Z_]\w*$/.test(name) ? name : JSON.stringify(name)}=${JSON.stringify(labels[name] ?? '')}`,
  );
  return `{${parts.join(',')}}`;
}

/**
 * Reads every single profile that a Pyroscope holds for a service in [from, to]: one per type, series and
 * upload.
 *
 * @returns a list of { type, labels, time, profile }; `time` is the stored time, rounded up to a second
 */
export async function heldProfiles(url, service, from, to) {
  const span = { start: from, end: to };
  const matchers = [`{service_name=${JSON.stringify(service)}}`];
  const { names: types = [] } = await post(url, 'LabelValues', {
    ...span,
    name: '__profile_type__',
    matchers,
  });
  const { names: allNames = [] } = await post(url, 'LabelNames', { ...span, matchers });
  const names = allNames.filter((name) => !PRIVATE.test(name));
  const held = [];
  for (const type of types) {
    const { series = [] } = await post(url, 'SelectSeries', {
      ...span,
      profileTypeID: type,
      labelSelector: matchers[0],
      groupBy: names,
      step: 1,
    });
    for (const row of series) {
      const labels = Object.fromEntries((row.labels ?? []).map(({ name, value }) => [name, value]));
      for (const { timestamp } of row.points ?? []) {
        const time = Number(timestamp);
        const bytes = await postProto(url, type, buildSelector(labels, names), time - 999, time);
        const profile = Profile.decode(bytes);
        if (profile.sample.length > 0) held.push({ type, labels, time, profile });
      }
    }
  }
  return { types, held };
}

/** SelectMergeProfile in its protobuf form: the answer is a pprof file. */
async function postProto(url, type, selector, start, end) {
  const text = (field, value) => {
    const bytes = new TextEncoder().encode(value);
    return [(field << 3) | 2, ...varint(BigInt(bytes.length)), ...bytes];
  };
  const number = (field, value) => [field << 3, ...varint(BigInt(value))];
  const body = Uint8Array.from([
    ...text(1, type),
    ...text(2, selector),
    ...number(3, start),
    ...number(4, end),
  ]);
  const response = await fetch(`${url}/querier.v1.QuerierService/SelectMergeProfile`, {
    method: 'POST',
    headers: { 'content-type': 'application/proto', accept: '*/*;allow-utf8-labelnames=true' },
    body,
  });
  if (!response.ok) throw new Error(`SelectMergeProfile: ${response.status} ${await response.text()}`);
  return new Uint8Array(await response.arrayBuffer());
}

function varint(value) {
  const bytes = [];
  let rest = value;
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}

/**
 * Joins profiles of several types over the same stacks into one pprof file with a value per type, as SDKs
 * send them: the server keeps each type by itself.
 *
 * @param parts a list of { type, profile }, all with the same period type
 * @param renamed gives the string to keep for a string of the profiles
 */
export function joinTypes(parts, renamed) {
  const strings = new StringTable();
  const functions = new Map();
  const locations = new Map();
  const mappings = new Map();
  const samples = new Map();
  const intern = (table, key, make) => {
    const known = table.get(key);
    if (known !== undefined) return known;
    const made = make(table.size + 1);
    table.set(key, made);
    return made;
  };
  parts.forEach(({ profile }, column) => {
    const text = (index) => renamed(profile.stringTable.strings[Number(index)] ?? '');
    const mappingOf = new Map(
      profile.mapping.map((mapping) => {
        const { filename, buildId, memoryStart, memoryLimit, fileOffset } = mapping;
        const key = JSON.stringify([
          text(filename),
          text(buildId),
          `${memoryStart}`,
          `${memoryLimit}`,
          `${fileOffset}`,
        ]);
        return [
          Number(mapping.id),
          intern(
            mappings,
            key,
            (id) =>
              new Mapping({
                ...mapping,
                id,
                filename: strings.dedup(text(filename)),
                buildId: strings.dedup(text(buildId)),
              }),
          ),
        ];
      }),
    );
    const functionOf = new Map(
      profile.function.map((fn) => {
        const words = [text(fn.name), text(fn.systemName), text(fn.filename)];
        const [name, systemName, filename] = words;
        const make = (id) =>
          new Fn({
            id,
            name: strings.dedup(name),
            systemName: strings.dedup(systemName),
            filename: strings.dedup(filename),
            startLine: fn.startLine,
          });
        return [Number(fn.id), intern(functions, JSON.stringify([...words, `${fn.startLine}`]), make)];
      }),
    );
    const locationOf = new Map(
      profile.location.map((location) => {
        const mapping = mappingOf.get(Number(location.mappingId));
        const lines = location.line.map(({ functionId, line }) => ({
          functionId: functionOf.get(Number(functionId))?.id ?? 0,
          line,
        }));
        const key = JSON.stringify([
          Number(mapping?.id ?? 0),
          `${location.address}`,
          lines.map((line) => [Number(line.functionId), `${line.line}`]),
        ]);
        const make = (id) =>
          new Location({
            id,
            mappingId: mapping?.id ?? 0,
            address: location.address,
            isFolded: location.isFolded,
            line: lines.map((line) => new Line(line)),
          });
        return [Number(location.id), intern(locations, key, make)];
      }),
    );
    for (const { locationId, value } of profile.sample) {
      const ids = locationId.map((id) => Number(locationOf.get(Number(id))?.id ?? 0));
      const sample = intern(samples, ids.join(), () => ({ ids, values: parts.map(() => 0n) }));
      sample.values[column] += BigInt(value[0] ?? 0);
    }
  });
  const valueType = (type, unit) => new ValueType({ type: strings.dedup(type), unit: strings.dedup(unit) });
  const [, , , periodType = '', periodUnit = ''] = parts[0].type.split(':');
  return new Profile({
    sampleType: parts.map(({ type }) => {
      const [, sampleType = '', unit = ''] = type.split(':');
      return valueType(sampleType, unit);
    }),
    periodType: valueType(periodType, periodUnit),
    period: parts[0].profile.period,
    sample: [...samples.values()].map(
      ({ ids, values }) => new Sample({ locationId: ids, value: values, label: [] }),
    ),
    mapping: [...mappings.values()],
    location: [...locations.values()],
    function: [...functions.values()],
    stringTable: strings,
  });
}
