# Completion of batchai for PowerShell.
# To install it, add this line to the file that $PROFILE names:
#
#   batchai completion powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName batchai -ScriptBlock {
    param($word, $ast, $cursor)
    $words = @($ast.CommandElements | Where-Object { $_.Extent.StartOffset -lt $cursor } | ForEach-Object {
        if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text }
    })
    $index = if ($word) { $words.Count - 1 } else { $words.Count }
    & batchai __complete powershell $index @words 2>$null | ForEach-Object {
        $value, $about = $_ -split "`t", 2
        # Without an answer, PowerShell completes paths.
        if ($value) {
            $text = if ($value -match '[^\w./:=@+-]') { "'" + $value.Replace("'", "''") + "'" } else { $value }
            if (-not $about) { $about = $value }
            [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $about)
        }
    }
}
