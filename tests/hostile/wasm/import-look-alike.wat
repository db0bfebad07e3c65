;; tries: import an interface whose name looks like the host's
;; expect: refused: it imports `herald:policy/hosts@1.0.0`, which is not granted
(component (import "herald:policy/hosts@1.0.0" (instance)))
