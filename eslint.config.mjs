// Style and mistakes in the pages' JavaScript; types are checked by tsc (tsconfig.json). python3 dev.py check runs both.
import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["**/*.min.js", "**/node_modules/", ".venv/", "test-output/"] },
  js.configs.recommended,
  {
    files: ["cvtr_widgets/**/*.js"],
    languageOptions: { globals: globals.browser },
    rules: {
      "curly": ["error", "multi-line"],
      "eqeqeq": "error",
      "max-len": ["error", { code: 150, ignoreTemplateLiterals: true }],
      "max-lines": ["error", 500],
      "max-lines-per-function": ["error", { max: 50, skipComments: true }],
      "no-shadow": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-use-before-define": ["error", { functions: false, variables: false }],
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
    },
  },
  { files: ["tools/*.mjs", "*.mjs"], languageOptions: { globals: globals.node } },
];
