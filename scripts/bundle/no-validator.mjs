// Stands in for the shims of the MCP SDK: they load a validator of JSON schemas (ajv, 150 KB), which the SDK
// needs for elicitations and output schemas. This program has neither.
export { default as process } from 'node:process';

export const CORS_IS_POSSIBLE = false;

export class DefaultJsonSchemaValidator {
  getValidator() {
    throw new Error('The bundle has no validator of JSON schemas: see scripts/bundle/no-validator.mjs.');
  }
}
