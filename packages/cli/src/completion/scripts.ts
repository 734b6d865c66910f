// What a shell runs when Tab is pressed. Each asks `gantry completion words`, so that what is completed is what there is.

export type Shell = "bash" | "zsh" | "fish";

const bash = `# gantry's words for bash: source it, or put it into ~/.local/share/bash-completion/completions/gantry
_gantry() {
  local line="\${COMP_LINE:0:COMP_POINT}" word found
  local -a words
  # Colons and equal signs part bash's words, and belong to gantry's.
  read -ra words <<< "$line"
  [[ "$line" == *[[:space:]] ]] && words+=("")
  word="\${words[\${#words[@]}-1]}"
  local IFS=$'\\n'
  found=($("\${words[0]}" completion words -- "\${words[@]:1}" 2>/dev/null))
  COMPREPLY=("\${found[@]}")
  # bash replaces what stands behind its last such sign alone, which @ is too.
  local before="\${word%"\${word##*[:=@]}"}" at
  for at in "\${!COMPREPLY[@]}"; do COMPREPLY[at]="\${COMPREPLY[at]#"$before"}"; done
  [[ \${#COMPREPLY[@]} -eq 1 && "\${COMPREPLY[0]}" == *[=:/] ]] && compopt -o nospace
  return 0
}
complete -o default -F _gantry gantry
`;

const zsh = `#compdef gantry
# gantry's words for zsh: as _gantry in a folder of $fpath, or sourced behind compinit
_gantry() {
  local -a found
  found=("\${(@f)$("\${words[1]}" completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=("\${(@)found:#}")
  if (( \${#found} )); then
    compadd -Q -- "\${(@)found:#*[=:/]}"
    compadd -Q -S '' -- "\${(@M)found:#*[=:/]}"
  else
    _files
  fi
}
if [[ "$funcstack[1]" == _gantry ]]; then _gantry "$@"; else compdef _gantry gantry; fi
`;

const fish = `# gantry's words for fish: as gantry.fish in ~/.config/fish/completions
function __gantry_words
  set -l line (commandline -opc)
  set -l word (commandline -ct)
  $line[1] completion words -- $line[2..-1] "$word" 2>/dev/null
end
complete -c gantry -a '(__gantry_words)'
`;

export const scripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };
