import * as z from '../../schema.ts';

/** Of instance types and templates: more than any provider's template lists. */
const MAX_WEIGHTS = 50;

/** An option of a connection, and of a request that differs from its connection. */
export const capacityUnits = z
  .union([
    z.boolean(),
    z
      .record(z.string().check(z.minLength(1), z.maxLength(256)), z.number().check(z.positive(), z.maximum(1_000_000)))
      .check(
        z.refine(
          (weights) => Object.keys(weights).length <= MAX_WEIGHTS,
          `must not have more than ${MAX_WEIGHTS} weights`,
        ),
      ),
  ])
  .check(
    z.describe(
      'What machineCount counts, where the provider does not say it (target_units, fulfilled_units, weights of machines): units of capacity, of which the provider alone knows how many a machine has (true); units by this table, from instance types or template ids to units; or machines, whatever the provider says (false). Default: machines',
    ),
  );
