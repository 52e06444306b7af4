export { type BeepOptions, beepMix, beepRecipe } from "./beep-recipe.js";
export { renderEngine } from "./engine.js";
export { hornMix, hornRecipe } from "./horn-recipe.js";
export { goRound, type Material, makeCrowds, RECIPE_HZ, readMaterial } from "./material.js";
export { madeNegatives } from "./negatives.js";
export { recipeTables } from "./recipe-tables.js";
export { type RoarOptions, roarMix, roarRecipe } from "./roar-recipe.js";
export { hearSamples, type RecipeRow, type RecipeScore, type RecipeTrial, scoreRecipe } from "./score-recipes.js";
export type { Recipe, Trial } from "./trial.js";
