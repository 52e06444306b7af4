import { ConfigError, loadCarProfile } from "../../config/index.js";
import type { CarProfile } from "../../models/index.js";
import { TouchlineError } from "../errors.js";

/** @throws TouchlineError FUEL_NO_PROFILE */
export function carProfile(car: string): CarProfile {
  try {
    return loadCarProfile(car);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new TouchlineError("FUEL_NO_PROFILE", [car, error.problems.map(({ message }) => message).join("; ")], error);
  }
}
