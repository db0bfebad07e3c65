;; tries: import a function of the root
;; expect: refused: it imports `exec`, which is not granted
(component (import "exec" (func (param "command" string))))
