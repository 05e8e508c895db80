import { create, createFileRegistry, type DescMessage } from '@bufbuild/protobuf';
import {
  type EnumDescriptorProto,
  EnumDescriptorProtoSchema,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';

/**
 * Pyroscope's messages, as far as the test server speaks them: field names and numbers of the public API.
 * `type*` is repeated, `type?` has presence. Where the numbers are not known (newer than the published API)
 * they start at 100, and the message travels as JSON only.
 */
const MESSAGES: Readonly<Record<string, Readonly<Record<string, readonly [number: number, type: string]>>>> =
  {
    'types.v1.LabelPair': { name: [1, 'string'], value: [2, 'string'] },
    'types.v1.Labels': { labels: [1, 'types.v1.LabelPair*'] },
    'types.v1.ProfileType': {
      ID: [1, 'string'],
      name: [2, 'string'],
      sample_type: [4, 'string'],
      sample_unit: [5, 'string'],
      period_type: [6, 'string'],
      period_unit: [7, 'string'],
    },
    'types.v1.Point': { value: [1, 'double'], timestamp: [2, 'int64'] },
    'types.v1.Series': { labels: [1, 'types.v1.LabelPair*'], points: [2, 'types.v1.Point*'] },
    'types.v1.Exemplar': {
      timestamp: [1, 'int64'],
      profile_id: [2, 'string'],
      span_id: [3, 'string'],
      value: [4, 'int64'],
      labels: [5, 'types.v1.LabelPair*'],
      trace_id: [6, 'string'],
    },
    'types.v1.HeatmapSlot': {
      timestamp: [1, 'int64'],
      y_min: [2, 'double*'],
      counts: [3, 'int32*'],
      exemplars: [4, 'types.v1.Exemplar*'],
    },
    'types.v1.HeatmapSeries': { labels: [1, 'types.v1.LabelPair*'], slots: [2, 'types.v1.HeatmapSlot*'] },
    'types.v1.Location': { name: [1, 'string'] },
    'types.v1.GoPGO': { keep_locations: [1, 'uint32'], aggregate_callees: [2, 'bool'] },
    'types.v1.StackTraceSelector': { call_site: [1, 'types.v1.Location*'], go_pgo: [2, 'types.v1.GoPGO'] },
    'types.v1.LabelValuesRequest': {
      name: [1, 'string'],
      matchers: [2, 'string*'],
      start: [3, 'int64'],
      end: [4, 'int64'],
    },
    'types.v1.LabelNamesRequest': { matchers: [1, 'string*'], start: [2, 'int64'], end: [3, 'int64'] },
    'types.v1.NamesResponse': { names: [1, 'string*'] },
    'types.v1.GetProfileStatsRequest': {},
    'types.v1.GetProfileStatsResponse': {
      data_ingested: [1, 'bool'],
      oldest_profile_time: [2, 'int64'],
      newest_profile_time: [3, 'int64'],
    },
    'querier.v1.ProfileTypesRequest': { start: [1, 'int64'], end: [2, 'int64'] },
    'querier.v1.ProfileTypesResponse': { profile_types: [1, 'types.v1.ProfileType*'] },
    'querier.v1.SeriesRequest': {
      matchers: [1, 'string*'],
      label_names: [2, 'string*'],
      start: [3, 'int64'],
      end: [4, 'int64'],
    },
    'querier.v1.SeriesResponse': { labels_set: [2, 'types.v1.Labels*'] },
    'querier.v1.Level': { values: [1, 'int64*'] },
    'querier.v1.FlameGraph': {
      names: [1, 'string*'],
      levels: [2, 'querier.v1.Level*'],
      total: [3, 'int64'],
      max_self: [4, 'int64'],
    },
    'querier.v1.PprofProfile': { profile: [1, 'google.v1.Profile'] },
    'querier.v1.SelectMergeStacktracesRequest': {
      profile_typeID: [1, 'string'],
      label_selector: [2, 'string'],
      start: [3, 'int64'],
      end: [4, 'int64'],
      max_nodes: [5, 'int64?'],
      format: [6, 'querier.v1.ProfileFormat'],
      stack_trace_selector: [7, 'types.v1.StackTraceSelector'],
      profile_id_selector: [8, 'string*'],
      trace_id_selector: [10, 'string*'],
      span_selector: [11, 'string*'],
    },
    'querier.v1.SelectMergeSpanProfileRequest': {
      profile_typeID: [1, 'string'],
      label_selector: [2, 'string'],
      span_selector: [3, 'string*'],
      start: [4, 'int64'],
      end: [5, 'int64'],
      max_nodes: [6, 'int64?'],
      format: [7, 'querier.v1.ProfileFormat'],
    },
    'querier.v1.SelectMergeSpanProfileResponse': {
      flamegraph: [1, 'querier.v1.FlameGraph'],
      tree: [2, 'bytes'],
    },
    'querier.v1.SelectMergeStacktracesResponse': {
      flamegraph: [1, 'querier.v1.FlameGraph'],
      tree: [2, 'bytes'],
      pprof: [5, 'querier.v1.PprofProfile'],
    },
    'querier.v1.SelectMergeProfileRequest': {
      profile_typeID: [1, 'string'],
      label_selector: [2, 'string'],
      start: [3, 'int64'],
      end: [4, 'int64'],
      max_nodes: [5, 'int64?'],
      stack_trace_selector: [6, 'types.v1.StackTraceSelector'],
      profile_id_selector: [7, 'string*'],
      trace_id_selector: [8, 'string*'],
    },
    'querier.v1.SelectSeriesRequest': {
      profile_typeID: [1, 'string'],
      label_selector: [2, 'string'],
      start: [3, 'int64'],
      end: [4, 'int64'],
      group_by: [5, 'string*'],
      step: [6, 'double'],
      aggregation: [7, 'types.v1.TimeSeriesAggregationType'],
      stack_trace_selector: [8, 'types.v1.StackTraceSelector'],
      limit: [9, 'int64?'],
      exemplar_type: [10, 'types.v1.ExemplarType'],
    },
    'querier.v1.SelectSeriesResponse': { series: [1, 'types.v1.Series*'] },
    'querier.v1.SelectHeatmapRequest': {
      profile_typeID: [1, 'string'],
      label_selector: [2, 'string'],
      start: [3, 'int64'],
      end: [4, 'int64'],
      step: [5, 'double'],
      group_by: [6, 'string*'],
      query_type: [7, 'querier.v1.HeatmapQueryType'],
      exemplar_type: [8, 'types.v1.ExemplarType'],
      limit: [9, 'int64?'],
    },
    'querier.v1.SelectHeatmapResponse': { series: [1, 'types.v1.HeatmapSeries*'] },
    'querier.v1.AnalyzeQueryRequest': { start: [2, 'int64'], end: [3, 'int64'], query: [4, 'string'] },
    'querier.v1.AnalyzeQueryResponse': {
      query_scopes: [1, 'querier.v1.QueryScope*'],
      query_impact: [2, 'querier.v1.QueryImpact'],
    },
    'querier.v1.QueryScope': {
      component_type: [1, 'string'],
      component_count: [2, 'uint64'],
      block_count: [3, 'uint64'],
      series_count: [4, 'uint64'],
      profile_count: [5, 'uint64'],
      sample_count: [6, 'uint64'],
      index_bytes: [7, 'uint64'],
      profile_bytes: [8, 'uint64'],
      symbol_bytes: [9, 'uint64'],
    },
    'querier.v1.QueryImpact': {
      total_bytes_in_time_range: [2, 'uint64'],
      total_queried_series: [3, 'uint64'],
      deduplication_needed: [4, 'bool'],
    },
    'google.v1.ValueType': { type: [1, 'int64'], unit: [2, 'int64'] },
    'google.v1.Sample': { location_id: [1, 'uint64*'], value: [2, 'int64*'] },
    'google.v1.Mapping': {
      id: [1, 'uint64'],
      memory_start: [2, 'uint64'],
      memory_limit: [3, 'uint64'],
      filename: [5, 'int64'],
      build_id: [6, 'int64'],
      has_functions: [7, 'bool'],
    },
    'google.v1.Line': { function_id: [1, 'uint64'], line: [2, 'int64'] },
    'google.v1.Location': {
      id: [1, 'uint64'],
      mapping_id: [2, 'uint64'],
      address: [3, 'uint64'],
      line: [4, 'google.v1.Line*'],
    },
    'google.v1.Function': {
      id: [1, 'uint64'],
      name: [2, 'int64'],
      system_name: [3, 'int64'],
      filename: [4, 'int64'],
      start_line: [5, 'int64'],
    },
    'google.v1.Profile': {
      sample_type: [1, 'google.v1.ValueType*'],
      sample: [2, 'google.v1.Sample*'],
      mapping: [3, 'google.v1.Mapping*'],
      location: [4, 'google.v1.Location*'],
      function: [5, 'google.v1.Function*'],
      string_table: [6, 'string*'],
      time_nanos: [9, 'int64'],
      duration_nanos: [10, 'int64'],
      period_type: [11, 'google.v1.ValueType'],
      period: [12, 'int64'],
      default_sample_type: [14, 'int64'],
    },
    'capabilities.v1.GetFeatureFlagsRequest': {},
    'capabilities.v1.FeatureFlag': {
      name: [100, 'string'],
      enabled: [101, 'bool'],
      description: [102, 'string'],
      documentation_url: [103, 'string'],
    },
    'capabilities.v1.GetFeatureFlagsResponse': { feature_flags: [100, 'capabilities.v1.FeatureFlag*'] },
    'version.v1.VersionRequest': {},
    'version.v1.VersionResponse': { QuerierAPI: [100, 'uint64'] },
  };

const ENUMS: Readonly<Record<string, readonly string[]>> = {
  'querier.v1.ProfileFormat': ['UNSPECIFIED', 'FLAMEGRAPH', 'TREE', 'DOT', 'PPROF'].map(
    (name) => `PROFILE_FORMAT_${name}`,
  ),
  'querier.v1.HeatmapQueryType': ['UNSPECIFIED', 'INDIVIDUAL', 'SPAN'].map(
    (name) => `HEATMAP_QUERY_TYPE_${name}`,
  ),
  'types.v1.TimeSeriesAggregationType': ['SUM', 'AVERAGE'].map(
    (name) => `TIME_SERIES_AGGREGATION_TYPE_${name}`,
  ),
  'types.v1.ExemplarType': ['UNSPECIFIED', 'NONE', 'INDIVIDUAL', 'SPAN'].map(
    (name) => `EXEMPLAR_TYPE_${name}`,
  ),
};

const SCALARS: Readonly<Record<string, FieldDescriptorProto_Type>> = {
  string: FieldDescriptorProto_Type.STRING,
  bytes: FieldDescriptorProto_Type.BYTES,
  bool: FieldDescriptorProto_Type.BOOL,
  double: FieldDescriptorProto_Type.DOUBLE,
  int32: FieldDescriptorProto_Type.INT32,
  uint32: FieldDescriptorProto_Type.UINT32,
  int64: FieldDescriptorProto_Type.INT64,
  uint64: FieldDescriptorProto_Type.UINT64,
};

const PACKAGES = [...new Set(Object.keys(MESSAGES).map(namePackage))];
const registry = createFileRegistry(
  create(FileDescriptorProtoSchema, {
    name: 'test.proto',
    syntax: 'proto3',
    // A single file with one message per package stands for the many files of the API.
    messageType: PACKAGES.map((name) => ({
      name: name.replace('.', '_'),
      nestedType: Object.entries(MESSAGES)
        .filter(([full]) => namePackage(full) === name)
        .map(([full, fields]) => messageProto(cutShort(full), fields)),
      enumType: Object.entries(ENUMS)
        .filter(([full]) => namePackage(full) === name)
        .map(([full, values]) => enumProto(cutShort(full), values)),
    })),
  }),
  () => undefined,
);

/** The message of this full name. */
export function messageType(name: string): DescMessage {
  const message = registry.getMessage(nested(name));
  if (message === undefined) throw new Error(`no message ${name}`);
  return message;
}

/** Whether all numbers of a message's fields are those of the real API, so that it may travel as protobuf. */
export function hasNumbers(message: DescMessage): boolean {
  return message.fields.every((field) => field.number < 100);
}

function messageProto(name: string, fields: Readonly<Record<string, readonly [number, string]>>) {
  const optional = Object.entries(fields).filter(([, [, type]]) => type.endsWith('?'));
  return {
    name,
    field: Object.entries(fields).map(([fieldName, [number, type]]) => {
      const plain = type.replace(/[*?]$/, '');
      const scalar = SCALARS[plain];
      return create(FieldDescriptorProtoSchema, {
        name: fieldName,
        jsonName: fieldName.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
        number,
        label: type.endsWith('*') ? FieldDescriptorProto_Label.REPEATED : FieldDescriptorProto_Label.OPTIONAL,
        ...(scalar === undefined
          ? {
              type: plain in ENUMS ? FieldDescriptorProto_Type.ENUM : FieldDescriptorProto_Type.MESSAGE,
              typeName: `.${nested(plain)}`,
            }
          : { type: scalar }),
        ...(type.endsWith('?')
          ? { proto3Optional: true, oneofIndex: optional.findIndex(([other]) => other === fieldName) }
          : {}),
      });
    }),
    oneofDecl: optional.map(([fieldName]) => ({ name: `_${fieldName}` })),
  };
}

function enumProto(name: string, values: readonly string[]): EnumDescriptorProto {
  return create(EnumDescriptorProtoSchema, {
    name,
    value: values.map((value, number) => ({ name: value, number })),
  });
}

function namePackage(full: string): string {
  return full.split('.').slice(0, -1).join('.');
}

function cutShort(full: string): string {
  return full.split('.').at(-1) ?? '';
}

function nested(full: string): string {
  return `${namePackage(full).replace('.', '_')}.${cutShort(full)}`;
}
