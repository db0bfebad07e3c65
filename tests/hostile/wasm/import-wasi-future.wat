;; tries: ask for a WASI that is not there
;; expect: refused: only version 0.2 of WASI is there
(component (import "wasi:cli/exit@0.3.0" (instance)))
